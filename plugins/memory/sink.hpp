// Stores messages in topics. A topic that is full keeps what is pushed unsettled until there is room, in order.
#pragma once
#include <leat/sdk/sink.hpp>

#include "topic.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leat::memory {

class Topics;

class Sink : public leat::Sink {
  public:
    Sink(Template topic, Topics& topics) : template_(std::move(topic)), topics_(topics) {}
    ~Sink() override;

    void push(Batch& batch) override;
    void start() override { is_stopping_ = false; }
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
        std::deque<Waiting> waiting;
    };

    void scatter(const leat_message* messages, size_t n, Settlements& done);
    Outlet* outlet_of(const leat_message& message);
    Outlet* open_outlet(std::string_view name);
    void store(Outlet& outlet, const leat_message* messages, size_t n, const uint32_t* chosen, Settlements& done);
    void store_waiting(Outlet& outlet);

    Template template_;
    Topics& topics_;
    std::unordered_map<std::string_view, std::unique_ptr<Outlet>> outlets_;  // the names are the topics'
    Outlet* last_ = nullptr;                                                 // most messages go where the last went
    std::vector<Outlet*> touched_;
    std::string why_;
    bool is_stopping_ = false;
};

}  // namespace leat::memory
