// Dead letters in a RabbitMQ queue and in an MQTT topic go back to the step that refused them, past a kill in the
// middle of a redrive that also puts some back: none is missing, none visits an earlier step again.
#include <amqp.h>
#include <amqp_framing.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "integration/rabbitmq_bridge.hpp"
#include "support/mosquitto.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMessages = 400;

amqp_bytes_t amqp(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

/** Where dead letters go: members of the JSON objects of a backend, if it is not the route's own, and of the sink. */
struct Place {
    std::string backend;
    std::string sink;
};

// A route from queue to queue with two handlers, of which the second one refuses odd numbers and the sink the others,
// until it is mended.
class Broken {
  public:
    explicit Broken(Place place) : place_(std::move(place)), client_(broker_.port()) {
        for (const char* queue : {"in", "landed-in", "dead"}) client_.declare(queue);
        configure(true);
    }

    /** Returns when all messages are dead letters: acknowledged, though none has landed. */
    void break_down() {
        std::vector<std::string> payloads;
        for (const std::string& n : numbered(1, kMessages)) payloads.push_back("{\"n\":" + n + "}");
        amqp_table_entry_t headers[2]{};
        headers[0].key = amqp("leat-message-key");
        headers[0].value.value.bytes = amqp("k7");
        headers[1].key = amqp("unit");
        headers[1].value.value.bytes = amqp("C");
        for (amqp_table_entry_t& header : headers) header.value.kind = AMQP_FIELD_KIND_UTF8;
        amqp_basic_properties_t properties{};
        properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
        properties.delivery_mode = 2;
        properties.headers = {2, headers};
        client_.publish("", "in", payloads, &properties);
        Process host({leat::test::host(), "run", config_, "--plugin-dir", plugin_folder()}, {.output = file("log")});
        REQUIRE_MESSAGE(eventually([&] { return client_.count("in") == 0 && records("second") == kMessages; }, 60s),
                        host.output());
        CHECK(host.stop() == 0);
        CHECK_MESSAGE(client_.count("in") == 0, host.output());  // none has come back
        CHECK(client_.count("landed-in") == 0);
        configure(false);
    }

    Process start(const std::vector<std::string>& options) const {
        std::vector<std::string> words = {host(), "redrive", config_, "orders", "--plugin-dir", plugin_folder()};
        words.insert(words.end(), options.begin(), options.end());
        std::filesystem::remove(file("redrive.log"));
        return Process(words, {.output = file("redrive.log")});
    }

    /** A redrive of what the second step has refused, killed in its middle, and one of all. */
    void redrive_with_a_kill(const std::string& title) {
        Process killed = start({"--step", "second", "--rate", "20/s"});
        REQUIRE_MESSAGE(eventually([&] { return client_.count("landed-in") >= 10; }, 60s), killed.output());
        killed.kill();
        const int before = client_.count("landed-in");
        CHECK(before < static_cast<int>(kMessages / 2));
        std::printf("figure: %s, killed after %d of %zu\n", title.c_str(), before, kMessages / 2);
        Process all = start({"--until-idle", "4s"});
        CHECK_MESSAGE(all.wait(2min) == 0, all.output());
        check_all_landed(title, all.output());
    }

  private:
    void check_all_landed(const std::string& title, const std::string& said) {
        auto arrived = collect(client_, "landed-in", kMessages);
        for (auto& message : arrived) {
            CHECK(message.headers.at("unit") == "C");
            CHECK(message.headers.at("leat-message-key") == "k7");
            CHECK_FALSE(message.headers.contains("leat-step"));
            message.payload.erase(0, std::string_view("{\"n\":").size());
        }
        const Audit result = audit(arrived, kMessages);
        note(title, result, kMessages);
        CHECK_MESSAGE(result.missing == 0, said);
        CHECK(result.strange == 0);
        CHECK(client_.count("in") == 0);       // none went where others read, too
        CHECK(records("first") == kMessages);  // nor to a step before the one that refused it
        CHECK(client_.count("dead") == 0);     // nor is one left
    }

    std::uint64_t records(const std::string& step) const {
        std::error_code none;
        const auto size = std::filesystem::file_size(file(step), none);
        return none ? 0 : size;
    }
    std::string file(const std::string& name) const { return folder_ / name; }

    void configure(bool is_broken) {
        const auto handler = [&](const std::string& name, bool refuses) {
            return R"({ "plugin": "stepper", "name": ")" + name + R"(", "record": ")" + file(name) +
                   R"(", "refuse": )" + (refuses ? "true" : "false") + " }";
        };
        config_ =
            folder_.write("bridge.json", R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + url_of(broker_) +
                                             " }" + place_.backend + R"( },
  "routes": { "orders": {
    "from": { "backend": "mq", "queue": "in" },
    "through": [ )" + handler("first", false) +
                                             ", " + handler("second", is_broken) + R"( ],
    "to": { "backend": "mq", "routing_key": "landed-${topic}" )" +
                                             (is_broken ? R"(, "headers": { "x": "${header:not-there}" })" : "") +
                                             R"( },
    "on_failure": { "dead_letter": { )" + place_.sink +
                                             " } } } } }");
    }

    const Place place_;
    RabbitMq broker_;
    AmqpClient client_;
    Folder folder_;
    std::string config_;
};

}  // namespace

TEST_CASE("dead letters in a RabbitMQ queue: redriven to the step that refused them, past a kill, none is missing") {
    Broken broken({.backend = "", .sink = R"("backend": "mq", "routing_key": "dead")"});
    broken.break_down();
    broken.redrive_with_a_kill("redrive from RabbitMQ");
}

TEST_CASE("dead letters in an MQTT topic: redriven to the step that refused them, past a kill, none is missing") {
    Mosquitto mqtt;
    Broken broken({.backend = R"(, "plant": { "plugin": "mqtt", "client_id": "gw", "url": ")" + mqtt.url() + "\" }",
                   .sink = R"("backend": "plant", "topic": "orders/dead")"});
    Process first = broken.start({});  // makes the session in which the broker keeps what is published from now on
    REQUIRE_MESSAGE(eventually([&] { return mqtt.logged("orders/dead") > 0; }, 30s), first.output());
    CHECK(first.stop() == 0);
    broken.break_down();
    broken.redrive_with_a_kill("redrive from MQTT");
}
