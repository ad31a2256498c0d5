// `defaults` says what routes, backends, sources and sinks have that do not say it themselves:
//
//   "defaults": {
//     "routes":   { "on_failure": { "attempts": 8 }, "ordering": "none" },   // every route, of all files
//     "backends": { "kafka": { "tls": { "ca": "ca.pem" } } },                // by plugin
//     "from":     { "mqtt": { "qos": 1 } },                                  // by plugin, or by backend, which wins
//     "to":       { "central": { "headers": { "site": "p7" } } }             // sinks and branches, not dead letters
//   }
//
// Merged as RFC 7396 says: objects member by member, everything else is replaced, null takes a default away. One
// thing more: an object that names another `backend` or `plugin` than the default replaces it as a whole.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/compose/compose.hpp"
#include "config/compose/copy.hpp"
#include "config/nearest.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

using Words = std::vector<std::string_view>;

// A member that may be given but names something else than the default does.
bool names_another(const Node& given, const Node& otherwise, std::string_view name) {
    const Node* mine = given.find(name);
    const Node* theirs = otherwise.find(name);
    return mine && theirs && mine->text != theirs->text;
}

// null has taken a default away, and now goes itself. One where there is no default stays, to be told as wrong.
void remove_nulls(Node& given, const Node& otherwise) {
    std::erase_if(given.children, [&](const Node& child) {
        return child.kind == Kind::null && otherwise.find(child.name) != nullptr;
    });
    for (Node& child : given.children) {
        if (child.kind != Kind::object) continue;
        const Node* below = otherwise.find(child.name);
        if (below && below->kind == Kind::object) remove_nulls(child, *below);
    }
}

class Defaults {
  public:
    Defaults(const Node& defaults, Node& root, Budget& budget, Report& report)
        : defaults_(defaults), root_(root), budget_(budget), report_(report) {}

    void apply() {
        check();
        if (budget_.is_spent()) return;  // told
        give_all();
        if (budget_.is_spent()) report_.error(defaults_, budget_.in_words());
    }

  private:
    void give_all() {
        if (Node* backends = member(root_, "backends")) {
            for (Node& each : backends->children) {
                if (each.kind == Kind::object) give(each, {entry("backends", text_of(each, "plugin"))});
            }
        }
        Node* routes = member(root_, "routes");
        if (!routes) return;
        for (Node& route : routes->children) {
            if (route.kind != Kind::object) continue;
            give(route, {section("routes")});
            if (Node* from = member(route, "from")) give_use(*from, "from");
            Node* to = member(route, "to");
            if (!to) continue;
            if (to->kind == Kind::array) {
                for (Node& branch : to->children) give_use(branch, "to");
            } else {
                give_use(*to, "to");
            }
        }
    }

    void check() {
        const Words sections = {"routes", "backends", "from", "to"};
        for (const Node& each : defaults_.children) {
            if (std::find(sections.begin(), sections.end(), each.name) == sections.end()) {
                report_.error(each, "unknown name " + shown(each.name) + did_you_mean(each.name, sections) +
                                        "; defaults are given for routes, backends, from and to");
            } else if (each.kind != Kind::object) {
                report_.error(each, "expected an object, found " + std::string(with_article(each.kind)));
            } else if (each.name == "routes") {
                check_routes(each);
            } else {
                check_entries(each);
            }
        }
    }

    void check_routes(const Node& routes) {
        for (const Node& each : routes.children) {
            if (each.name == "from" || each.name == "to") {
                report_.error(each, "belongs beside \"routes\", by plugin or backend: \"defaults\": { \"" +
                                        each.name + "\": { \"mqtt\": { ... } } }");
            } else if (each.name == "through") {
                report_.error(each, "stages have no defaults");
            }
        }
    }

    // Each entry is the name of a backend or of a plugin that one uses.
    void check_entries(const Node& entries) {
        Words known;
        if (const Node* backends = root_.find("backends")) {
            for (const Node& backend : backends->children) {
                if (entries.name != "backends") known.push_back(backend.name);
                if (const Node* plugin = backend.find("plugin")) known.push_back(plugin->text);
            }
        }
        const std::string what = entries.name == "backends" ? "plugin" : "backend or plugin";
        for (const Node& each : entries.children) {
            if (each.kind != Kind::object) {
                report_.error(each, "expected an object with options, found " + std::string(with_article(each.kind)));
            } else if (std::find(known.begin(), known.end(), each.name) == known.end()) {
                report_.error(each, "there is no " + what + " " + shown(each.name) + " in use" +
                                        did_you_mean(each.name, known));
            }
        }
    }

    const Node* section(std::string_view name) const {
        const Node* found = defaults_.find(name);
        return found && found->kind == Kind::object ? found : nullptr;
    }

    const Node* entry(std::string_view section_name, std::string_view name) const {
        const Node* all = section(section_name);
        const Node* found = all && !name.empty() ? all->find(name) : nullptr;
        return found && found->kind == Kind::object ? found : nullptr;
    }

    static std::string_view text_of(const Node& object, std::string_view name) {
        const Node* found = object.find(name);
        return found && found->kind == Kind::string ? std::string_view(found->text) : std::string_view{};
    }

    // A source or a sink: first what is said of its backend, then what is said of the backend's plugin.
    void give_use(Node& use, std::string_view section_name) {
        if (use.kind != Kind::object) return;
        const std::string_view backend = text_of(use, "backend");
        const Node* backends = root_.find("backends");
        const Node* made_of = backends ? backends->find(backend) : nullptr;
        const std::string_view plugin = made_of ? text_of(*made_of, "plugin") : std::string_view{};
        const Node* by_plugin = plugin == backend ? nullptr : entry(section_name, plugin);
        give(use, {entry(section_name, backend), by_plugin});
    }

    // Gives `into` what it lacks.
    void merge(Node& into, const Node& otherwise) {
        if (names_another(into, otherwise, "backend") || names_another(into, otherwise, "plugin")) return;
        into.children.reserve(into.children.size() + otherwise.children.size());  // so that names stay where they are
        std::unordered_map<std::string_view, Node*> mine;
        for (Node& child : into.children) mine.emplace(child.name, &child);
        for (const Node& each : otherwise.children) {
            const auto given = mine.find(each.name);
            if (given == mine.end()) {
                if (!budget_.take(each)) return;
                into.children.push_back(copy_of(each));
            } else if (given->second->kind == Kind::object && each.kind == Kind::object) {
                merge(*given->second, each);
            }
        }
    }

    // The first wins. What is given is complete before nulls go, so that a null stands against all of them.
    void give(Node& into, const std::vector<const Node*>& all) {
        for (const Node* each : all) {
            if (each) merge(into, *each);
        }
        for (const Node* each : all) {
            if (each) remove_nulls(into, *each);
        }
    }

    const Node& defaults_;
    Node& root_;
    Budget& budget_;
    Report& report_;
};

}  // namespace

void apply_defaults(Document& document, Budget& budget, Report& report) {
    if (document.root.kind != Kind::object) return;
    const std::optional<Node> given = take_member(document.root, "defaults");
    if (!given) return;
    if (given->kind == Kind::object) {
        Defaults(*given, document.root, budget, report).apply();
    } else {
        report.error(*given, "expected an object, found " + std::string(with_article(given->kind)));
    }
}

}  // namespace leat::config
