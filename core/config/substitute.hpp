// ${env:NAME}, ${env:NAME:-default} and ${file:PATH}: filled in when a configuration is loaded, in any string value.
//
// Other placeholders (${topic} ...) are left for templates, and `$${` stays `$${`: both are the template's, or
// literal()'s, to read. What is filled in is data: a `${` in it is escaped, so that a password or a file is never
// taken for a template.
//
//   substitute(document->root, process_environment(), report);
//   node.text            // "${file:/run/secrets/mq}" -> "s3cret"
//   literal(node.text)   // `$${x}` -> `${x}`; nothing when a template's placeholder remains
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace leat::config {

struct Node;
class Report;

// The value of a variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

Environment process_environment();

struct Expansion {
    std::string text;
    bool substituted = false;  // anything was filled in
    bool from_file = false;    // ... by ${file:}
};

// Fills `text` in. A relative ${file:} is looked up in `folder`, one trailing newline of the file is cut. A variable
// that is unset or empty takes its default. On failure nothing, and `error` says why; it never holds a value.
std::optional<Expansion> expand(std::string_view text, const std::filesystem::path& folder,
                                const Environment& environment, std::string& error);

// Expands all strings of the value in place, each once; each failure is an error at its string.
void substitute(Node& node, const Environment& environment, Report& report);

// The expanded text as it is meant literally. Nothing when it holds a placeholder, which only a template may.
std::optional<std::string> literal(std::string_view expanded);

// The text, once for the first time and again when the file may have changed: what an option from ${file:} remembers.
struct Rereadable {
    std::string written;  // as in the configuration: "${file:/run/secrets/mq}"
    std::filesystem::path folder;

    // The literal value as it is now; on failure nothing and the reason. Reads files. Any thread.
    std::optional<std::string> read(std::string& error) const;
};

}  // namespace leat::config
