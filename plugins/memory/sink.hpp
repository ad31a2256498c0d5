// Stores messages in topics. A topic that is full keeps what is pushed unsettled until there is room, in order; or
// drops, where its limits say so.
#pragma once
#include <leat/sdk/sink.hpp>

#include "options.hpp"
#include "recent.hpp"
#include "topic.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leat::memory {

class Topics;

class Sink : public leat::Sink {
  public:
    /// ttl  of messages for which the options give none; 0: for ever.
    Sink(SinkOptions options, Nanoseconds ttl, Topics& topics)
        : template_(std::move(options.topic)),
          ttl_template_(std::move(options.ttl)),
          ttl_(ttl.count()),
          topics_(topics) {}
    ~Sink() override;

    void open() override;
    void push(Batch& batch) override;
    void start() override;
    void stop() override;

  private:
    struct Waiting {  // found no room
        Span span;
        std::vector<leat_receipt> receipts;  // of the messages in span
    };
    struct Outlet {  // one topic
        Topic* topic = nullptr;
        Bell bell;
        Sink* sink = nullptr;
        std::vector<uint32_t> chosen;  // of the batch in hand
        int64_t chosen_ttl = 0;        // theirs
        Queue<Waiting> waiting;

        const std::string& name() const { return topic->name(); }
    };
    static constexpr auto kTick = std::chrono::seconds(1);  // how late an expiry may make room

    void scatter(const leat_message* messages, size_t n, Settlements& done);
    bool lifetime_of(const leat_message& message, int64_t& ttl);
    Outlet* outlet_of(const leat_message& message);
    Outlet* open_outlet(std::string_view name);
    void store(Outlet& outlet, const leat_message* messages, size_t n, const uint32_t* chosen, int64_t ttl,
               Settlements& done);
    void store_waiting(Outlet& outlet);
    void wait(Outlet& outlet, Span rest, std::vector<leat_receipt> receipts);
    void tick();
    void tell_health();

    Template template_, ttl_template_;
    int64_t ttl_;
    Topics& topics_;
    std::unordered_map<std::string_view, std::unique_ptr<Outlet>> outlets_;  // the names are the topics'
    Outlet* last_ = nullptr;                                                 // most messages go where the last went
    Recent<Outlet> recent_;                                                  // or where one of the last went
    std::vector<Outlet*> touched_;
    int64_t now_ns_ = 0;  // of the batch in hand
    std::string why_;
    bool is_stopping_ = false;

    std::vector<Outlet*> full_;  // with messages that wait
    uint64_t timer_ = 0;
    uint64_t waiting_ = 0;
    leat_counter *stored_count_ = nullptr, *dropped_count_ = nullptr, *waiting_gauge_ = nullptr,
                 *topics_gauge_ = nullptr;
};

}  // namespace leat::memory
