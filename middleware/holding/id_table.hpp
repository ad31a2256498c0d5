// A table by fingerprint of bounded size, which knows the order in which its entries were last used.
//
//     IdTable<Bucket> buckets;
//     uint32_t at = buckets.find(id);
//     if (at == buckets.kNone) at = buckets.insert(id);   // the value as its last user left it
//     buckets.value(at) = ...;  buckets.touch(at);        // now the newest
//     while (buckets.listed() > limit) buckets.erase(buckets.oldest());
//
// Memory grows with the most entries there ever were; no allocation per entry. One thread at a time.
#pragma once
#include <cstdint>
#include <vector>

#include "holding/id.hpp"

namespace leat::holding {

template <class T>
class IdTable {
  public:
    static constexpr uint32_t kNone = ~uint32_t{0};

    IdTable() : heads_(64, kNone) {}

    uint32_t find(Id id) const {  // hot: per message
        uint32_t at = heads_[bucket(id)];
        while (at != kNone && nodes_[at].id != id) at = nodes_[at].next;
        return at;
    }
    /// Adds one that is not there; not in the list of the used until touch().
    uint32_t insert(Id id) {  // hot: per message
        if (size_ >= heads_.size()) grow();
        if (free_ == kNone) {
            free_ = static_cast<uint32_t>(nodes_.size());
            nodes_.emplace_back();
        }
        const uint32_t at = free_;
        Node& node = nodes_[at];
        free_ = node.next;
        node.id = id;
        node.newer = node.older = kNone;
        node.is_listed = false;
        link(at);
        ++size_;
        return at;
    }
    void erase(uint32_t at) {  // hot: per message
        unlist(at);
        uint32_t* link = &heads_[bucket(nodes_[at].id)];
        while (*link != at) link = &nodes_[*link].next;
        *link = nodes_[at].next;
        nodes_[at].next = free_;
        free_ = at;
        --size_;
    }

    T& value(uint32_t at) { return nodes_[at].value; }
    Id id(uint32_t at) const { return nodes_[at].id; }

    /// Makes it the newest in the list of the used.
    void touch(uint32_t at) {  // hot: per message
        if (at == newest_) return;
        unlist(at);
        Node& node = nodes_[at];
        node.is_listed = true;
        node.older = newest_;
        node.newer = kNone;
        (newest_ == kNone ? oldest_ : nodes_[newest_].newer) = at;
        newest_ = at;
        ++listed_;
    }
    uint32_t oldest() const { return oldest_; }  ///< kNone when the list is empty
    size_t listed() const { return listed_; }
    size_t size() const { return size_; }

  private:
    struct Node {
        Id id;
        uint32_t next = kNone;  // in its bucket, or of the free
        uint32_t newer = kNone;
        uint32_t older = kNone;
        bool is_listed = false;
        T value{};
    };

    size_t bucket(Id id) const { return id.high & (heads_.size() - 1); }
    void link(uint32_t at) {
        uint32_t& head = heads_[bucket(nodes_[at].id)];
        nodes_[at].next = head;
        head = at;
    }
    void unlist(uint32_t at) {
        Node& node = nodes_[at];
        if (!node.is_listed) return;
        (node.newer == kNone ? newest_ : nodes_[node.newer].older) = node.older;
        (node.older == kNone ? oldest_ : nodes_[node.older].newer) = node.newer;
        node.is_listed = false;
        --listed_;
    }
    void grow() {
        std::vector<bool> is_free(nodes_.size());
        for (uint32_t at = free_; at != kNone; at = nodes_[at].next) is_free[at] = true;
        heads_.assign(heads_.size() * 2, kNone);
        for (uint32_t at = 0; at < nodes_.size(); ++at) {
            if (!is_free[at]) link(at);
        }
    }

    std::vector<uint32_t> heads_;  // a power of two
    std::vector<Node> nodes_;
    uint32_t free_ = kNone;
    uint32_t newest_ = kNone;
    uint32_t oldest_ = kNone;
    size_t size_ = 0;
    size_t listed_ = 0;
};

}  // namespace leat::holding
