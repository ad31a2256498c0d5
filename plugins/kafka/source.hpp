// Kafka as a source: a group consumer, its partition queues taken and polled by credit.
//
// Messages are pushed as they lie in librdkafka's memory. The watermark of each partition is committed, and credit is
// counted from what the broker has confirmed. All on the shard; what blocks runs on the consumer's Worker.
#pragma once
#include <leat/sdk/source.hpp>

#include "consumer/rebalance.hpp"
#include "consumer/watchdog.hpp"
#include "health.hpp"

namespace kafka {

class Source final : public leat::Source, private Rebalance::Owner {
  public:
    Source(const Connection& connection, SourceOptions options, const leat::Setup& setup);

    void start() override;
    void resume() override;
    void advanced(leat::InFlight& window) override;
    void stop() override;

  private:
    leat::InFlight& take_window() override;
    void give_back(Partition& partition) override;
    void assignment_changed(size_t partitions) override;

    void connect();
    void subscribe();
    void disconnect(Worker::Job then);
    void rebuild(const std::string& why);
    void woken();
    void serve_events();
    void serve(rd_kafka_event_t* event);
    void trouble(rd_kafka_resp_err_t code, const std::string& text);
    bool record_error(Partition& partition, const rd_kafka_message_t& record);
    void pump();
    bool pump_round(size_t& budget, int64_t now_ns);
    bool pump_one(Partition& partition, leat_message* batch, size_t& budget, int64_t now_ns);
    void activate(uint32_t domain);
    void activate_all();
    Partition* reading(uint32_t domain) { return domain < by_domain_.size() ? by_domain_[domain] : nullptr; }
    void nudge();
    void tick();
    void watch(int64_t now_ns);
    void fail(std::string why) {
        if (failure_.empty()) failure_ = std::move(why);
        wake();
    }

    const Connection& connection_;
    SourceOptions options_;
    std::string group_;
    leat::Services host_;
    Health health_;
    Commits commits_;
    Watchdog watchdog_;
    std::unique_ptr<Consumer> consumer_;
    std::unique_ptr<Rebalance> rebalance_;  // of consumer_; ends before it
    std::vector<leat::InFlight*> spare_windows_;
    std::vector<Partition*> by_domain_;  // window number -> its partition now, or nullptr
    std::string failure_;                // told after the turn in which it was found
    std::string missing_topics_;
    std::string password_;               // as last given to librdkafka
    size_t told_partitions_ = SIZE_MAX;  // as last logged
    std::vector<uint32_t> active_;       // windows whose partitions may have messages and credit, in turn
    std::vector<uint32_t> round_;        // those of the round under way
    std::vector<bool> is_active_;        // by window: it is in active_
    std::vector<uint32_t> much_taken_;   // windows: see nudge()
    uint64_t timer_ = 0;
    int64_t next_watch_ns_ = 0;
    bool is_stopping_ = false;
    bool is_nudging_ = false;
    bool is_asking_ = false;  // the watchdog's query is under way
};

}  // namespace kafka
