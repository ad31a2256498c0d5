// for_each takes three forms:
//
//   "for_each": ["p7", "p8"]                                    ${each}
//   "for_each": { "plant": ["p7", "p8"], "kind": ["a", "b"] }   ${each:plant}, ${each:kind}: every combination
//   "for_each": [ { "plant": "p7", "qos": 1 }, { "plant": "p8", "qos": 2 } ]
//
// A string that is a placeholder alone becomes the value itself: a number, a list, an object.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/compose/compose.hpp"
#include "config/compose/copy.hpp"
#include "config/nearest.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

constexpr std::string_view kEach = "${each";
constexpr size_t kMaxElements = 10'000;

using Element = std::vector<std::pair<std::string_view, const Node*>>;  // name -> value; "" for ${each}

std::string text_in(const Node& value) {
    if (value.kind == Kind::boolean) return value.boolean ? "true" : "false";
    return value.text;
}

bool is_scalar(const Node& value) {
    return value.kind == Kind::string || value.kind == Kind::integer || value.kind == Kind::number ||
           value.kind == Kind::boolean;
}

// `plant = "p7", qos = 1`
std::string in_words(const Element& element) {
    std::string out;
    for (const auto& [name, value] : element) {
        if (!is_scalar(*value)) continue;
        if (!out.empty()) out += ", ";
        if (!name.empty()) out += std::string(name) + " = ";
        out += value->kind == Kind::string ? shown(value->text) : text_in(*value);
    }
    return out;
}

class Expander {
  public:
    Expander(Document& document, const Environment& environment, Budget& budget, Report& report)
        : document_(document), environment_(environment), budget_(budget), report_(report) {}

    // The members of `routes` or `backends`.
    void expand_members(Node& group, std::string_view what) {
        std::vector<Node> made;
        for (Node& each : group.children) {
            std::optional<Node> elements;
            if (each.kind == Kind::object) elements = take_member(each, "for_each");
            if (!elements) {
                made.push_back(std::move(each));
                continue;
            }
            substitute(*elements, environment_, report_);
            expand_one(each, *elements, made);
        }
        report_same_names(made, what);
        group.children = std::move(made);
    }

  private:
    // Adds what `pattern` becomes.
    void expand_one(const Node& pattern, const Node& list, std::vector<Node>& made) {
        if (budget_.is_spent()) return;  // told
        const auto elements = elements_of(list);
        if (!elements) return;
        if (elements->empty()) report_.warning(list, "is empty: it makes nothing");
        for (const Element& element : *elements) {
            if (!budget_.take(pattern)) break;
            const std::string& words = document_.elements.emplace_back(in_words(element));
            Node copy = copy_of(pattern);
            copy.element = &words;
            if (!fill_name(copy, element)) continue;
            for (Node& child : copy.children) fill(child, element, words);
            made.push_back(std::move(copy));
        }
        if (budget_.is_spent()) report_.error(list, budget_.in_words());
    }

    std::optional<std::vector<Element>> elements_of(const Node& list) {
        if (list.kind == Kind::object) return combinations(list);
        if (list.kind != Kind::array) {
            report_.error(list,
                          "expected a list, or an object of lists, found " + std::string(with_article(list.kind)));
            return std::nullopt;
        }
        std::vector<Element> out;
        for (const Node& each : list.children) {
            Element& element = out.emplace_back();
            if (each.kind == Kind::object) {
                for (const Node& value : each.children) element.emplace_back(value.name, &value);
            } else {
                element.emplace_back("", &each);
            }
        }
        return out;
    }

    std::optional<std::vector<Element>> combinations(const Node& lists) {
        std::vector<Element> out(1);
        for (const Node& list : lists.children) {
            if (list.kind != Kind::array) {
                report_.error(list, "expected a list of what " + shown("${each:" + list.name + "}") +
                                        " stands for, found " + std::string(with_article(list.kind)));
                return std::nullopt;
            }
            if (out.size() * list.children.size() > kMaxElements) {
                report_.error(list, "makes more than " + std::to_string(kMaxElements) + " combinations");
                return std::nullopt;
            }
            std::vector<Element> more;
            for (const Element& begun : out) {
                for (const Node& value : list.children) {
                    more.push_back(begun);
                    more.back().emplace_back(list.name, &value);
                }
            }
            out = std::move(more);
        }
        if (lists.children.empty()) out.clear();
        return out;
    }

    bool fill_name(Node& node, const Element& element) {
        std::string error;
        bool filled = false;
        auto name = fill_text(node.name, element, filled, error);
        auto plain = name ? literal(*name) : std::nullopt;
        if (!plain) {
            report_.error(node, name ? "only ${each} can be filled in in a name" : error);
            return false;
        }
        node.name = std::move(*plain);
        return true;
    }

    void fill(Node& node, const Element& element, const std::string& words) {
        node.element = &words;
        for (Node& child : node.children) fill(child, element, words);
        if (node.kind != Kind::string) return;
        if (const Node* whole = value_of_whole(node.text, element)) {
            if (!budget_.take(*whole)) return;
            Node value = copy_of(*whole);
            value.name = node.name;
            mark(value, words);
            node = std::move(value);
            return;
        }
        std::string error;
        bool filled = false;
        auto text = fill_text(node.text, element, filled, error);
        if (!text) {
            report_.error(node, error);
            node.unusable = true;
        } else if (filled) {
            node.text = std::move(*text);
            node.substituted = true;
        }
    }

    static void mark(Node& node, const std::string& words) {
        node.element = &words;
        for (Node& child : node.children) mark(child, words);
    }

    // The value that a placeholder stands for when it is all of the text.
    static const Node* value_of_whole(std::string_view text, const Element& element) {
        if (!text.starts_with(kEach) || text.find('}') + 1 != text.size()) return nullptr;
        std::string_view name = text.substr(kEach.size(), text.size() - kEach.size() - 1);
        if (!name.empty() && name.front() == ':') name.remove_prefix(1);
        const auto found =
            std::find_if(element.begin(), element.end(), [&](const auto& e) { return e.first == name; });
        return found == element.end() ? nullptr : found->second;
    }

    std::optional<std::string> fill_text(std::string_view text, const Element& element, bool& filled,
                                         std::string& error) {
        std::string out;
        while (!text.empty()) {
            const size_t skip = text.starts_with("$${") ? 3 : text.starts_with(kEach) ? 0 : 1;
            if (skip > 0) {
                out += text.substr(0, skip);
                text.remove_prefix(std::min(skip, text.size()));
                continue;
            }
            const size_t end = text.find('}');
            if (end == std::string_view::npos) return error = "${each has no closing '}'", std::nullopt;
            const Node* value = value_of_whole(text.substr(0, end + 1), element);
            if (!value || !is_scalar(*value))
                return error = why_not(text.substr(0, end + 1), value, element), std::nullopt;
            if (budget_.is_spent()) return out;
            budget_.take_text(value->text.size());
            out += text_in(*value);
            filled = true;
            text.remove_prefix(end + 1);
        }
        return out;
    }

    static std::string why_not(std::string_view placeholder, const Node* value, const Element& element) {
        if (value) {
            return shown(placeholder) + " is " + std::string(with_article(value->kind)) +
                   ": it has to stand alone, as \"topics\": \"" + std::string(placeholder) + "\"";
        }
        std::vector<std::string_view> names;
        std::string list;
        for (const auto& [name, given] : element) {
            names.push_back(name);
            list += (list.empty() ? "" : ", ") + (name.empty() ? "${each}" : "${each:" + std::string(name) + "}");
        }
        const size_t colon = placeholder.find(':');
        const auto name = colon == placeholder.npos ? std::string_view{}
                                                    : placeholder.substr(colon + 1, placeholder.size() - colon - 2);
        return "for_each gives no " + shown(placeholder) + ", but " + list + did_you_mean(name, names);
    }

    void report_same_names(const std::vector<Node>& made, std::string_view what) {
        std::vector<const Node*> by_name;
        by_name.reserve(made.size());
        for (const Node& each : made) by_name.push_back(&each);
        std::stable_sort(by_name.begin(), by_name.end(),
                         [](const Node* a, const Node* b) { return a->name < b->name; });
        for (size_t i = 1; i < by_name.size(); ++i) {
            const Node& first = *by_name[i - 1];
            const Node& second = *by_name[i];
            if (first.name != second.name || (!first.element && !second.element)) continue;
            const std::string of_first = first.element ? " for " + *first.element : "";
            report_.error(second, "makes a " + std::string(what) + " " + shown(second.name) + ", which " +
                                      (first.copied_from == second.copied_from
                                           ? "it has made" + of_first + " already; put ${each} into its name"
                                           : "stands in " + place(first) + of_first + " already"));
        }
    }

    Document& document_;
    const Environment& environment_;
    Budget& budget_;
    Report& report_;
};

}  // namespace

void expand_for_each(Document& document, const Environment& environment, Budget& budget, Report& report) {
    for (const auto& [group, what] : {std::pair{"backends", "backend"}, std::pair{"routes", "route"}}) {
        Node* members = member(document.root, group);
        if (members && members->kind == Kind::object)
            Expander(document, environment, budget, report).expand_members(*members, what);
    }
}

}  // namespace leat::config
