// Subscribes with QoS 1 and a session that the broker keeps, and writes down what arrives.
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tools/mqtt_wire.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"
#include "tools/tally.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: mqtt_collect --port P --record FILE --topic FILTER... [--expect N] [--idle SECONDS] [--client-id ID]\n"
    "                    [--version 4|5] [--kind numbered|sensor] [--lanes L] [--size BYTES] [--key 0|1] [--headers "
    "0|1]\n"
    "                    [--host H] [--show N]\n"
    "Says `subscribed` once it is; ends with SIGTERM, after N ids, or when nothing came for so long.\n"
    "--key 1: the last level of the topic is compared with the message's key. --show N: prints the first N arrivals.";

class Collector {
  public:
    explicit Collector(const Arguments& arguments)
        : content_(shape_from(arguments)),
          tally_(arguments.text("record"), arguments.number("expect", 0),
                 std::chrono::duration<double>(arguments.real("idle", 0))),
          filters_(arguments.list("topic")),
          check_key_(arguments.number("key", 0) != 0),
          check_headers_(arguments.number("headers", 0) != 0),
          to_show_(arguments.number("show", 0)),
          options_{.host = arguments.text("host", "127.0.0.1"),
                   .port = static_cast<std::uint16_t>(arguments.number("port", 1883)),
                   .version = static_cast<int>(arguments.number("version", 5)),
                   .client_id = arguments.text("client-id", "collector"),
                   .clean = false,
                   .keep_alive_s = 30,
                   .receive_maximum = 2000} {}

    void run() {
        while (stop_requested == 0 && !tally_.has_expected() && !tally_.is_idle()) {
            try {
                if (!wire_) connect();
                wire_->pump(50, [this](const MqttPacket& packet) { handle(packet); });
                tally_.flush();  // before the acknowledgements leave: what is acknowledged is written down
                wire_->send();
                wire_->gather();
            } catch (const std::runtime_error&) {
                wire_.reset();
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        }
        tally_.flush();
        std::cout << tally_.summary() << std::endl;
    }

  private:
    void connect() {
        wire_.emplace(options_);
        if (!wire_->session_present()) wire_->subscribe(filters_, 1);
    }

    void handle(const MqttPacket& packet) {
        if (packet.type == MqttPacket::suback) {
            std::cout << (packet.reason < 0x80 ? "subscribed" : "subscription refused") << std::endl;
        }
        if (packet.type != MqttPacket::publish) return;
        Content::Arrival arrival{.payload = packet.payload, .check_key = check_key_, .check_headers = check_headers_};
        arrival.key = packet.topic.substr(packet.topic.rfind('/') + 1);
        if (check_headers_) {
            arrival.header_n = packet.user_property("n");
            arrival.header_trace = packet.user_property("trace");
        }
        tally_.add(content_.inspect(arrival));
        if (to_show_ > 0) {
            --to_show_;
            std::cout << packet.topic << ' ' << packet.payload << std::endl;
        }
        if (packet.qos > 0) wire_->puback(packet.packet_id);
    }

    Content content_;
    Tally tally_;
    std::vector<std::string> filters_;
    bool check_key_;
    bool check_headers_;
    std::uint64_t to_show_;
    MqttWire::Options options_;
    std::optional<MqttWire> wire_;
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    Collector(arguments).run();
    return 0;
}
