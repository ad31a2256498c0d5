// Kafka's side of the bare bridges that write to it: an idempotent producer whose delivery reports come as events.
#pragma once

#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/ceilings/bare.hpp"
#include "tools/arguments.hpp"

namespace leat::bare {

/** [one thread] */
class Sink {
  public:
    /** linger_ms  How long records wait for others: measured best 0 for a bridge with a window, 5 without. */
    Sink(const test::Arguments& arguments, const std::string& topic, const std::string& linger_ms = "0")
        : producer_(make_producer(arguments, linger_ms)),
          topic_(rd_kafka_topic_new(producer_, topic.c_str(), nullptr)),
          reports_(rd_kafka_queue_get_main(producer_)) {
        if (::pipe2(pipe_.data(), O_NONBLOCK) != 0) throw std::runtime_error("no pipe");
        rd_kafka_queue_io_event_enable(reports_, pipe_[1], "x", 1);
    }

    /** Readable when there are delivery reports. */
    int fd() const { return pipe_[0]; }

    /** The payload is copied. */
    void produce(std::string_view key, std::string_view payload, std::uint64_t token) {  // hot: per message
        produce_held(key, payload, token, RD_KAFKA_MSG_F_COPY);
    }

    /** The payload stays where it is until the message has landed. */
    void produce_held(std::string_view key, std::string_view payload, std::uint64_t token,
                      int flags = 0) {  // hot: per message
        const int failed = rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, flags | RD_KAFKA_MSG_F_BLOCK,
                                            const_cast<char*>(payload.data()), payload.size(), key.data(), key.size(),
                                            reinterpret_cast<void*>(token));
        if (failed != 0) std::abort();
    }

    /** Calls `landed(token)` for each message that has landed; anything else ends the program. */
    template <class Landed>
    void take_reports(Landed&& landed) {
        std::array<char, 256> drained;
        while (::read(pipe_[0], drained.data(), drained.size()) > 0) continue;
        while (rd_kafka_event_t* event = rd_kafka_queue_poll(reports_, 0)) {
            std::array<const rd_kafka_message_t*, 256> batch;
            while (const std::size_t n = rd_kafka_event_message_array(event, batch.data(), batch.size())) {
                for (std::size_t i = 0; i < n; ++i) {
                    if (batch[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) std::abort();
                    landed(reinterpret_cast<std::uint64_t>(batch[i]->_private));
                }
            }
            rd_kafka_event_destroy(event);
        }
    }

  private:
    static rd_kafka_t* make_producer(const test::Arguments& arguments, const std::string& linger_ms) {
        rd_kafka_conf_t* conf =
            make_conf(producer_settings(arguments.text("brokers"), linger_ms), arguments.list("set"));
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
        return test::kafka_client(RD_KAFKA_PRODUCER, conf);
    }

    rd_kafka_t* producer_;
    rd_kafka_topic_t* topic_;
    rd_kafka_queue_t* reports_;
    std::array<int, 2> pipe_{};
};

}  // namespace leat::bare
