// Values taken over into a composed document: they remember where they were written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
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

// What composing may still make, so that a small file cannot fill the memory: for_each and defaults multiply what
// they are given.
class Budget {
  public:
    // False: it is spent, and nothing more is to be made.
    bool take(const Node& copied) {
        take_text(copied.name.size() + copied.text.size());
        if (values_ > 0) --values_;
        for (const Node& child : copied.children) {
            if (!take(child)) return false;
        }
        return !is_spent();
    }
    void take_text(size_t bytes) { bytes_ -= std::min(bytes_, bytes); }
    bool is_spent() const { return values_ == 0 || bytes_ == 0; }
    static std::string in_words() {
        return "more than " + std::to_string(kMaxValues) + " values, or " + std::to_string(kMaxBytes >> 20) +
               " MiB of text, would be made of what is written here";
    }

  private:
    static constexpr size_t kMaxValues = 5 * kMaxDocumentValues;
    static constexpr size_t kMaxBytes = 64 << 20;

    size_t values_ = kMaxValues;
    size_t bytes_ = kMaxBytes;
};

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
