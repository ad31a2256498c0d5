// When a producer is replaced: every report is collected, what has not landed is sent again, in order, by a new one.
//
//     recovery.begin();                   // purge the old one
//     recovery.keep(entry);               // for each report that is no landing
//     for (Entry* entry : recovery.end()) ...   // all reported: oldest first
//
// On the shard.
#pragma once
#include <cstdint>
#include <vector>

#include "producer/entries.hpp"

namespace kafka {

class Recovery {
  public:
    bool is_active() const { return is_active_; }
    void begin() { is_active_ = true; }
    void keep(Entry& entry) { kept_.push_back(&entry); }
    /// Those of one writer are given up: they are not sent again.
    void forget(const Writer& writer) {
        std::erase_if(kept_, [&](const Entry* entry) { return entry->writer == &writer; });
    }
    /// What was kept, in the order of arrival; ends the recovery.
    std::vector<Entry*> end();
    /// How long to wait before the new producer, ns: nothing at first, longer when fatal errors follow each other.
    int64_t pause_ns(int64_t now_ns);

  private:
    std::vector<Entry*> kept_;
    bool is_active_ = false;
    int64_t last_ns_ = 0;
    int64_t pause_ns_ = 0;
};

}  // namespace kafka
