// From a configuration to that of a redrive: one route, whose source reads its own dead letter.
//
//   auto document = redrive_document(std::move(model), {.route = "telemetry"}, report);
//   auto model = read_composed(std::move(document), report);
//
// Everything else of the route stays. Backends that are not used go; the others get ".redrive" behind their
// client_id, so that the routes may go on running elsewhere meanwhile.
#pragma once

#include <memory>
#include <string>

#include "config/model.hpp"

namespace leat::config {

class Report;

struct RedriveRequest {
    std::string route;
    std::string branch;  // "to[1]": the dead letter of its own on_failure; empty: the route's
    std::string from;    // members of the source as JSON, which win over what is derived
};

// What the source reads follows from what the dead letter writes: "topic" -> "topics", "queue" or the routing key of
// the default exchange -> "queue"; "group" is leat.redrive.<route>. Null, with a line in the report, when there is no
// such route or dead letter, or when what it writes differs by message. `model` was validated without errors.
std::unique_ptr<Document> redrive_document(Model&& model, const RedriveRequest& request, Report& report);

}  // namespace leat::config
