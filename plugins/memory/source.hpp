// Reads topics for a group, and shows the group's figures. What comes back with `retry` goes back to the group after
// a backoff, for any of its members, this one too; so does what a stop leaves unsettled.
#pragma once
#include <leat/sdk/source.hpp>

#include "queue.hpp"
#include "topic.hpp"

#include <string>
#include <vector>

namespace leat::memory {

class Source : public leat::Source {
  public:
    /// The topics outlive the source. The group's place in them is made here and outlives it too.
    Source(const std::vector<Topic*>& topics, const std::string& group);

    void open() override;
    void start() override;
    void stop() override;

  protected:
    void resume() override;
    void advanced(InFlight& window) override;
    bool give_back(InFlight& window, uint64_t sequence) override;
    void hold() override;

  private:
    static constexpr int kRoundsPerTurn =
        4;  // then others of the shard have their turn, while what was read is still in the cache

    struct Shown {  // where the figures of a topic, or of all, go
        leat_counter *depth, *published, *delivered, *settled, *redelivered, *dropped, *expired, *oldest;
    };
    struct Portion {     // of the messages in flight
        uint64_t end;    // the sequence number behind its last
        uint64_t bytes;  // of what is not told to the topic
    };
    struct Feed {  // one topic; its number is its window's domain
        Topic* topic = nullptr;
        Group* group = nullptr;
        InFlight* window = nullptr;
        uint64_t settled = 0;               // messages below were told to the topic
        Queue<Portion> portions;            // what was emitted and not told, whole batches together
        std::vector<uint64_t> requeued;     // of those not below: the group has them again; sorted
        std::vector<leat_message> leaving;  // those that it is about to get
        Bell bell;
    };
    static constexpr size_t kMostShown = 64;  // topics with figures of their own
    static constexpr auto kTick = std::chrono::seconds(1);

    bool emit_some(Feed& feed);
    size_t fill(const std::vector<Span>& spans);
    static uint64_t take_bytes(Feed& feed);
    void leave();
    void give_back(Feed& feed);
    void requeue(Feed& feed);
    Shown open_shown(const std::string& topic) const;
    void show(const Shown& where, const Figures& figures, int64_t now_ns) const;
    void show_all() const;
    void tick();

    std::vector<Feed> feeds_;
    std::vector<Span> spans_;
    std::vector<Shown> shown_;  // of each feed; with too many of them: one, for all
    bool has_joined_ = false;
    leat_message batch_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

}  // namespace leat::memory
