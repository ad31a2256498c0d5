// Publishes numbered messages to a queue of RabbitMQ, with key and headers, and writes down the confirmed ones.
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <array>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/record.hpp"
#include "tools/hold.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: rabbitmq_publish --port P --queue Q --record FILE --count N [--lanes L] [--size BYTES]\n"
    "                        [--first-part N --until FILE]\n"
    "Ends when all are confirmed.";
constexpr amqp_channel_t kChannel = 1;
constexpr std::uint64_t kWindow = 1000;

amqp_bytes_t of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

amqp_table_entry_t header(std::string_view name, std::string_view value) {
    amqp_table_entry_t entry{};
    entry.key = of(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = of(value);
    return entry;
}

class Publisher {
  public:
    Publisher(const Arguments& arguments, const Content& content)
        : content_(content),
          queue_(arguments.text("queue")),
          record_(arguments.text("record")),
          state_(amqp_new_connection()) {
        amqp_socket_t* socket = amqp_tcp_socket_new(state_);
        if (amqp_socket_open(socket, "127.0.0.1", static_cast<int>(arguments.number("port", 5672))) != 0) {
            throw std::runtime_error("RabbitMQ is away");
        }
        amqp_login(state_, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
        amqp_channel_open(state_, kChannel);
        amqp_confirm_select(state_, kChannel);
        if (amqp_get_rpc_reply(state_).reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("no channel");
    }
    ~Publisher() { amqp_destroy_connection(state_); }
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /** Ids 1 to count: the id is the delivery tag. */
    void run(std::uint64_t count, Hold hold) {
        std::uint64_t sent = 0;
        while (confirmed_ < count && stop_requested == 0) {
            const std::uint64_t allowed = hold.allowed(count, sent);
            while (sent < allowed && sent - confirmed_ < kWindow) publish(++sent);
            if (confirmed_ < sent) {
                take_confirmation();
            } else {  // the rest is held back
                record_.flush();
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
        }
        record_.flush();
        std::cout << "confirmed " << confirmed_ << std::endl;
    }

  private:
    void publish(std::uint64_t id) {
        content_.payload(id, payload_);
        const std::string key = content_.key(id), number = std::to_string(id), trace = Content::trace(id);
        std::array entries{header("leat-message-key", key), header("n", number), header("trace", trace)};
        amqp_basic_properties_t properties{};
        properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
        properties.delivery_mode = 2;
        properties.headers = {static_cast<int>(entries.size()), entries.data()};
        if (amqp_basic_publish(state_, kChannel, amqp_empty_bytes, of(queue_), 0, 0, &properties, of(payload_)) !=
            0) {
            throw std::runtime_error("basic.publish failed");
        }
    }

    /** One basic.ack; RabbitMQ confirms in order when it confirms several. */
    void take_confirmation() {
        amqp_frame_t frame;
        if (amqp_simple_wait_frame(state_, &frame) != AMQP_STATUS_OK) throw std::runtime_error("no confirmation");
        if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
            throw std::runtime_error("the broker answers with something else than a confirmation");
        }
        const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
        const std::uint64_t first = ack.multiple != 0 ? lowest_ : ack.delivery_tag;
        for (std::uint64_t id = first; id <= ack.delivery_tag; ++id) {
            if (id >= seen_.size()) seen_.resize(id * 2 + 64);
            if (seen_[id]) continue;
            seen_[id] = true;
            ++confirmed_;
            record_.add({.id = id, .lane = content_.lane(id)});
        }
        while (lowest_ < seen_.size() && seen_[lowest_]) ++lowest_;
        amqp_maybe_release_buffers(state_);
        if (confirmed_ % 256 == 0) record_.flush();
    }

    const Content& content_;
    std::string queue_;
    RecordWriter record_;
    amqp_connection_state_t state_;
    std::string payload_;
    std::vector<bool> seen_;
    std::uint64_t confirmed_ = 0;
    std::uint64_t lowest_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    const Content content(shape_from(arguments));
    Publisher(arguments, content).run(arguments.number("count", 1000), Hold(arguments));
    return 0;
}
