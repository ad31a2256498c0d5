// From the file that was named to one document with all that belongs to it: `include`, `for_each`, ${env:} and
// ${file:}, `defaults`, in this order.
//
//   auto composed = compose(parse(text, "bridge.json", report), process_environment(), load, report);
//   composed->root                       // backends, routes ... as if all stood in one file
//   place(*composed->root.find("..."))   // where it really stands
//
// Each of the four is described where it is done.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "config/document.hpp"
#include "config/substitute.hpp"

namespace leat::config {

class Budget;

// Reads an included file; null, with a line in the report, when it cannot be. An empty function: nothing may be
// included.
using Open = std::function<std::unique_ptr<Document>(const std::filesystem::path&, Report&)>;

// Never null; parts that are wrong are reported and left out.
std::unique_ptr<Document> compose(std::unique_ptr<Document> main, const Environment& environment, const Open& open,
                                  Report& report);

// `include`: the members of other files join those of this one. `backends`, `routes` and `defaults` are merged by
// name; a name that two files give is an error that tells both places, and so is any other member. The result holds
// all files in `parts`, the main one first.
std::unique_ptr<Document> include_files(std::unique_ptr<Document> main, const Environment& environment,
                                        const Open& open, Report& report);

// `for_each` in a route or backend: it becomes one for each element, with ${each:NAME} filled in, in its name as
// well.
void expand_for_each(Document& document, const Environment& environment, Budget& budget, Report& report);

// `defaults`: each route, backend, source and sink gets the members that it does not give itself (RFC 7396: objects
// are merged, null takes away).
void apply_defaults(Document& document, Budget& budget, Report& report);

}  // namespace leat::config
