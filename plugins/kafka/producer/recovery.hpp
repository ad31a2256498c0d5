// After a fatal error of an idempotent producer: every report is collected, what has not landed is sent again, in
// order, by a new producer.
//
//     recovery.begin();                       // purge the old one
//     recovery.keep(token, sequence);         // for each report that is no landing
//     for (uint64_t token : recovery.end()) ...   // all reported: oldest first
//
// On the shard.
#pragma once
#include <cstdint>
#include <vector>

namespace kafka {

class Recovery {
  public:
    bool is_active() const { return is_active_; }
    void begin() { is_active_ = true; }
    void keep(uint64_t token, uint64_t sequence) { kept_.push_back({sequence, token}); }
    /// The tokens in the order of their sequence numbers; ends the recovery.
    std::vector<uint64_t> end();
    /// How long to wait before the new producer, ns: nothing at first, longer when fatal errors follow each other.
    int64_t pause_ns(int64_t now_ns);

  private:
    struct Kept {
        uint64_t sequence, token;
    };
    std::vector<Kept> kept_;
    bool is_active_ = false;
    int64_t last_ns_ = 0;
    int64_t pause_ns_ = 0;
};

}  // namespace kafka
