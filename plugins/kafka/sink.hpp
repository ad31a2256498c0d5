// Kafka as a sink: says what record a message becomes; the shard's Producer lands it.
//
// On the shard.
#pragma once
#include <leat/sdk/sink.hpp>

#include "options.hpp"
#include "producer/producer.hpp"

namespace kafka {

class Sink final : public leat::Sink, private Writer {
  public:
    Sink(Producer& producer, SinkOptions options) : producer_(producer), options_(std::move(options)) {}

    void start() override { producer_.add(*this); }
    void push(leat::Batch& batch) override;
    void signal(uint32_t what, uint64_t) override {
        if (what == LEAT_SIGNAL_FLUSH) producer_.starved();
    }
    void stop() override;

  private:
    bool describe(const leat_message& message, Record& record, std::string& why) override;
    const leat::Services& host() const override { return services(); }
    bool find_topic(std::string_view name, std::string& why);

    Producer& producer_;
    SinkOptions options_;
    std::string topic_name_;  // of topic_
    Topic* topic_ = nullptr;  // used last; of the producer's generation_
    uint64_t generation_ = 0;
    bool is_stopping_ = false;
};

}  // namespace kafka
