// Produces numbered messages to a Kafka topic and writes down the acknowledged ones.
#include <chrono>
#include <iostream>

#include "support/record.hpp"
#include "tools/hold.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

using namespace leat::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kUsage =
    "usage: kafka_produce --brokers LIST --topic T --record FILE [--count N] [--first ID] [--rate PER_SECOND]\n"
    "                     [--kind numbered|sensor] [--lanes L] [--size BYTES] [--headers 0|1]\n"
    "                     [--first-part N --until FILE]\n"
    "Produces ids FIRST to FIRST + COUNT - 1 (without --count: until SIGTERM), and ends when all are acknowledged.";

struct Delivered {
    const Content& content;
    RecordWriter record;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
};

/** Called by rd_kafka_poll for each message that has ended; its id travels as the opaque pointer. */
void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& delivered = *static_cast<Delivered*>(opaque);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++delivered.refused;
        return;
    }
    const auto id = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(message->_private));
    ++delivered.acknowledged;
    delivered.record.add({.id = id, .lane = delivered.content.lane(id)});
}

class Producer {
  public:
    Producer(const Arguments& arguments, Delivered& delivered)
        : content_(delivered.content),
          topic_(arguments.text("topic")),
          headers_(arguments.number("headers", 1) != 0) {
        rd_kafka_conf_t* conf = kafka_conf({{"bootstrap.servers", arguments.text("brokers")},
                                            {"enable.idempotence", "true"},
                                            {"message.timeout.ms", "0"},
                                            {"linger.ms", "5"},
                                            {"partitioner", "murmur2_random"},  // as Java clients place keys
                                            {"queue.buffering.max.messages", "100000"},
                                            {"log_level", "0"}});
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        rd_kafka_conf_set_opaque(conf, &delivered);
        client_ = kafka_client(RD_KAFKA_PRODUCER, conf);
    }
    ~Producer() { rd_kafka_destroy(client_); }
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /** False when the queue is full. */
    bool produce(std::uint64_t id) {
        content_.payload(id, payload_);
        const std::string key = content_.key(id);
        rd_kafka_headers_t* headers = nullptr;
        if (headers_) {
            const std::string number = std::to_string(id);
            const std::string trace = Content::trace(id);
            headers = rd_kafka_headers_new(2);
            rd_kafka_header_add(headers, "n", -1, number.data(), static_cast<ssize_t>(number.size()));
            rd_kafka_header_add(headers, "trace", -1, trace.data(), static_cast<ssize_t>(trace.size()));
        }
        const auto error = rd_kafka_producev(
            client_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(payload_.data(), payload_.size()),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(id)), RD_KAFKA_V_END);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR && headers != nullptr) rd_kafka_headers_destroy(headers);
        return error == RD_KAFKA_RESP_ERR_NO_ERROR;
    }

    void poll(int timeout_ms) { rd_kafka_poll(client_, timeout_ms); }
    bool busy() const { return rd_kafka_outq_len(client_) > 0; }

  private:
    const Content& content_;
    std::string topic_;
    bool headers_;
    std::string payload_;
    rd_kafka_t* client_;
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    const Content content(shape_from(arguments));
    Delivered delivered{.content = content, .record = RecordWriter(arguments.text("record"))};
    Producer producer(arguments, delivered);

    const std::uint64_t first = arguments.number("first", 1);
    const std::uint64_t count = arguments.number("count", ~0ULL);
    const double rate = arguments.real("rate", 0);
    Hold hold(arguments);
    const auto begin = Clock::now();
    const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    std::uint64_t sent = 0;
    while (stop_requested == 0 && (sent < count || producer.busy())) {
        const std::uint64_t allowed = hold.allowed(count, sent);
        const std::uint64_t due = rate > 0 ? std::min(allowed, static_cast<std::uint64_t>(passed() * rate) + 1)
                                           : std::min(allowed, sent + 1000);
        bool full = false;
        while (sent < due && !full) {
            full = !producer.produce(first + sent);
            if (!full) ++sent;
        }
        const bool nothing_to_send = full || rate > 0 || sent >= allowed;
        producer.poll(nothing_to_send ? 5 : 0);
        delivered.record.flush();
    }
    const auto patience = Clock::now() + std::chrono::seconds(5);
    while (producer.busy() && Clock::now() < patience) producer.poll(100);
    std::cout << "acknowledged " << delivered.acknowledged << ", refused " << delivered.refused << ", in " << passed()
              << " s\n";
    return 0;
}
