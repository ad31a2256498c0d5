// Values taken over into a composed document: they remember where they were written.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/document.hpp"

namespace leat::config {

// A deep copy. Its parents are set by link() once it has its place.
inline Node copy_of(const Node& from) {
    Node copy = from;
    const auto mark = [](const auto& self, Node& made, const Node& original) -> void {
        made.copied_from = original.copied_from ? original.copied_from : &original;
        made.parent = nullptr;
        for (size_t i = 0; i < made.children.size(); ++i) self(self, made.children[i], original.children[i]);
    };
    mark(mark, copy, from);
    return copy;
}

// Sets parents and places from here on down.
inline void link(Node& node) {
    uint32_t index = 0;
    for (Node& child : node.children) {
        child.parent = &node;
        child.index = index++;
        link(child);
    }
}

inline size_t values_in(const Node& node) {
    size_t n = 1;
    for (const Node& child : node.children) n += values_in(child);
    return n;
}

inline Node* member(Node& object, std::string_view name) { return const_cast<Node*>(object.find(name)); }

// Removes a member and returns it.
inline std::optional<Node> take_member(Node& object, std::string_view name) {
    Node* found = member(object, name);
    if (!found) return std::nullopt;
    std::optional<Node> taken(std::move(*found));
    object.children.erase(object.children.begin() + (found - object.children.data()));
    return taken;
}

}  // namespace leat::config
