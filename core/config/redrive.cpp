#include "config/redrive.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "config/compose/copy.hpp"
#include "config/nearest.hpp"
#include "config/option_words.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

constexpr const char* kSuffix = ".redrive";

Node text_node(const Node& like, std::string name, std::string text) {
    Node node;
    node.kind = Kind::string;
    node.line = like.line;
    node.document = like.document;
    node.copied_from = like.copied_from;
    node.name = std::move(name);
    node.text = std::move(text);
    return node;
}

Node list_node(const Node& like, std::string name, std::string text) {
    Node node = text_node(like, std::move(name), {});
    node.kind = Kind::array;
    node.children.push_back(text_node(like, {}, std::move(text)));
    return node;
}

// `$` begins no template in what was read out of one.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '{' && !out.empty() && out.back() == '$') out += '$';
        out += c;
    }
    return out;
}

struct Written {
    bool is_given = false;
    std::optional<std::string> text;  // nothing: it differs by message
};

// What an option of the sink says.
Written option_of(const Sink& sink, std::string_view name) {
    size_t i = 0;
    for (const leat_option* option : options_in(sink.component.descriptor->sink_options)) {
        const leat_value& value = sink.component.options->values()[i++];
        if (option->name != name || value.type == 0) continue;
        if (value.type != LEAT_TEMPLATE) return {true, std::string(value.text.data, value.text.size)};
        const auto literal = value.as.template_->compiled.literal();
        return {true, literal ? std::optional<std::string>(*literal) : std::nullopt};
    }
    return {};
}

class Redrafter {
  public:
    Redrafter(Model& model, const RedriveRequest& request, Report& report)
        : model_(model), request_(request), report_(report) {}

    std::unique_ptr<Document> run() {
        const Route* route = find_route();
        const Policy* policy = route ? find_policy(*route) : nullptr;
        const auto from = policy ? source_for(*policy->dead_letter, *route) : std::nullopt;
        return from ? rewritten(*from) : nullptr;
    }

  private:
    bool refuse(const Node& where, std::string text) {
        report_.error(where, std::move(text));
        return false;
    }

    const Route* find_route() {
        std::vector<std::string_view> names;
        for (const Route& route : model_.routes) {
            if (route.name == request_.route) return &route;
            names.push_back(route.name);
        }
        refuse(*model_.document->root.find("routes"),
               "there is no route " + shown(request_.route) + did_you_mean(request_.route, names));
        return nullptr;
    }

    const Policy* find_policy(const Route& route) {
        if (request_.branch.empty()) {
            if (route.on_failure.dead_letter) return &route.on_failure;
            std::string branches;
            for (const Branch& branch : route.branches) {
                if (branch.on_failure && branch.on_failure->dead_letter)
                    branches += " --branch " + shown(branch.step);
            }
            refuse(*route.at, branches.empty() ? "it has no dead letter: there is nothing to move back"
                                               : "it has no dead letter of its own, but branches have:" + branches);
            return nullptr;
        }
        for (const Branch& branch : route.branches) {
            if (branch.step != request_.branch) continue;
            if (branch.on_failure && branch.on_failure->dead_letter) return &*branch.on_failure;
            refuse(*branch.at, "the branch has no dead letter of its own: leave --branch out");
            return nullptr;
        }
        refuse(*route.at, "there is no branch " + shown(request_.branch) + "; branches are called to[0], to[1] ...");
        return nullptr;
    }

    std::optional<Node> source_for(const Sink& sink, const Route& route) {
        const Node& at = *sink.component.at;
        const auto declared = options_in(sink.component.descriptor->source_options);
        if (!sink.component.descriptor->source_options) {
            refuse(at, shown(sink.component.descriptor->name) + " has no sources: its dead letters cannot be read");
            return std::nullopt;
        }
        Node from = text_node(at, "from", {});
        from.kind = Kind::object;
        from.children.push_back(text_node(at, "backend", sink.backend));
        const auto declares = [&](std::string_view name) {
            return std::any_of(declared.begin(), declared.end(),
                               [&](const leat_option* o) { return o->name == name; });
        };
        if (declares("group")) from.children.push_back(text_node(at, "group", "leat.redrive." + route.name));
        if (!add_given(from, at)) return std::nullopt;
        if (declares("topics") && !from.find("topics") && !derive(from, sink, "topic", "topics")) return std::nullopt;
        if (declares("queue") && !from.find("queue") && !derive_queue(from, sink)) return std::nullopt;
        return from;
    }

    // The members of --from.
    bool add_given(Node& from, const Node& at) {
        if (request_.from.empty()) return true;
        Report faults("--from");
        given_ = parse(request_.from, "--from", faults);
        if (!given_ || faults.has_errors() || given_->root.kind != Kind::object) {
            return refuse(at, "--from is no JSON object, such as {\"topics\": [\"telemetry.dead\"]}");
        }
        given_->folder = at.document->folder;
        for (const Node& each : given_->root.children) {
            take_member(from, each.name);
            from.children.push_back(copy_of(each));
        }
        return true;
    }

    bool derive(Node& from, const Sink& sink, std::string_view written_to, const char* name) {
        const Written written = option_of(sink, written_to);
        if (written.text) {
            const std::string text = escaped(*written.text);
            const bool is_list = std::string_view(name) == "topics";
            const Node& at = *sink.component.at;
            from.children.push_back(is_list ? list_node(at, name, text) : text_node(at, name, text));
            return true;
        }
        return refuse(*sink.component.at, "its " + shown(written_to) +
                                              " is not the same for all messages, so what is to be read has to be "
                                              "said: --from '{\"" +
                                              name + "\": ...}'");
    }

    bool derive_queue(Node& from, const Sink& sink) {
        if (option_of(sink, "queue").is_given) return derive(from, sink, "queue", "queue");
        const Written exchange = option_of(sink, "exchange");
        if (exchange.is_given && exchange.text != "") {
            return refuse(*sink.component.at,
                          "it goes to an exchange, and which queue gets it is not known here: --from "
                          "'{\"queue\": \"...\"}'");
        }
        return derive(from, sink, "routing_key", "queue");
    }

    std::unique_ptr<Document> rewritten(const Node& from) {
        auto document = std::make_unique<Document>();
        document->file = model_.document->file;
        document->folder = model_.document->folder;
        document->root = copy_of(model_.document->root);
        Node& root = document->root;
        Node& routes = *member(root, "routes");
        std::erase_if(routes.children, [&](const Node& each) { return each.name != request_.route; });
        Node& route = routes.children.front();
        take_member(route, "parallel");
        const Node* ack = route.find("ack");
        if (ack && ack->text != "manual") take_member(route, "ack");
        *member(route, "from") = from;
        collect(route);
        Node& backends = *member(root, "backends");
        std::erase_if(backends.children, [&](const Node& each) { return !used_.contains(each.name); });
        for (Node& backend : backends.children) {
            if (Node* id = member(backend, "client_id"); id && id->kind == Kind::string) id->text += kSuffix;
        }
        if (given_) document->parts.push_back(std::move(given_));
        document->parts.push_back(std::move(model_.document));
        link(root);
        return document;
    }

    void collect(const Node& node) {
        if (node.name == "backend" && node.kind == Kind::string) used_.insert(node.text);
        for (const Node& child : node.children) collect(child);
    }

    Model& model_;
    const RedriveRequest& request_;
    Report& report_;
    std::unique_ptr<Document> given_;
    std::set<std::string> used_;
};

}  // namespace

std::unique_ptr<Document> redrive_document(Model&& model, const RedriveRequest& request, Report& report) {
    return Redrafter(model, request, report).run();
}

}  // namespace leat::config
