#include "mapping.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <memory>
#include <random>

using namespace leat::rabbitmq;

namespace {

amqp_bytes_t of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

/** A message with headers of its own. */
struct Sent {
    std::vector<leat_header> headers;
    leat_message message{};

    void add(std::string_view name, std::string_view value) {
        headers.push_back({leat::bytes(name), leat::bytes(value)});
        message.headers = headers.data();
        message.header_count = static_cast<std::uint32_t>(headers.size());
    }
};

/** What a source makes of a delivery. */
struct Got {
    explicit Got(const amqp_basic_properties_t& properties, DeliveryReader reader = {"leat-message-key", true},
                 std::string_view exchange = "", std::string_view body = "") {
        const Delivery delivery{of(exchange), of("the.key"), &properties, body.size(), false};
        const std::size_t size = reader.measure(delivery);
        memory = std::make_unique<char[]>(size + 16);
        std::memset(memory.get() + size, 0x5A, 16);
        char* const at = reader.write(delivery, memory.get(), message);
        CHECK(static_cast<std::size_t>(at - memory.get()) + body.size() == size);
        for (std::size_t i = 0; i < 16; ++i) CHECK(memory[size + i] == 0x5A);
        for (std::uint32_t i = 0; i < message.header_count; ++i)
            headers[std::string(leat::view(message.headers[i].name))] = leat::view(message.headers[i].value);
    }
    std::unique_ptr<char[]> memory;
    leat_message message{};
    std::map<std::string, std::string> headers;
};

const PublishOptions& plain() {
    static const PublishOptions options = [] {
        PublishOptions made;
        made.mandatory = false;
        made.key_header = "leat-message-key";
        return made;
    }();
    return options;
}

}  // namespace

TEST_CASE("properties and headers that a sink writes come back from a source as they were") {
    Sent sent;
    sent.message.key = leat::bytes("k7");
    sent.message.timestamp_ns = 1'700'000'000'000'000'000;
    const std::map<std::string, std::string> expected{{"content-type", "text/plain"},
                                                      {"content-encoding", "gzip"},
                                                      {"amqp-correlation-id", "c1"},
                                                      {"amqp-reply-to", "answers"},
                                                      {"amqp-message-id", "m1"},
                                                      {"amqp-expiration", "60000"},
                                                      {"amqp-type", "reading"},
                                                      {"amqp-app-id", "gw"},
                                                      {"amqp-priority", "5"},
                                                      {"unit", "C"},
                                                      {"empty", ""}};
    for (const auto& [name, value] : expected) sent.add(name, value);
    PropertiesWriter writer;
    REQUIRE(writer.fill(sent.message, plain(), 1) == nullptr);
    CHECK(writer.properties().delivery_mode == 2);
    const Got got(writer.properties());
    CHECK(got.headers == expected);
    CHECK(leat::view(got.message.key) == "k7");
    CHECK(leat::view(got.message.topic) == "the.key");
    CHECK(got.message.timestamp_ns == sent.message.timestamp_ns);
}

TEST_CASE("what a sink sets wins over the message's headers") {
    Sent sent;
    sent.add("content-type", "text/plain");
    sent.add("amqp-expiration", "60000");
    sent.add("amqp-priority", "5");
    sent.add("amqp-delivery-mode", "1");
    PublishOptions options = plain();
    options.content_type = "application/json";
    options.expiration = "10";
    options.priority = 9;
    PropertiesWriter writer;
    REQUIRE(writer.fill(sent.message, options, 1) == nullptr);
    const amqp_basic_properties_t& p = writer.properties();
    CHECK(std::string(static_cast<const char*>(p.content_type.bytes), p.content_type.len) == "application/json");
    CHECK(std::string(static_cast<const char*>(p.expiration.bytes), p.expiration.len) == "10");
    CHECK(p.priority == 9);
    CHECK(p.delivery_mode == 2);
    CHECK((p._flags & AMQP_BASIC_HEADERS_FLAG) == 0);
}

TEST_CASE("a message is transient where the sink says so, or leaves it to the message") {
    Sent sent;
    sent.add("amqp-delivery-mode", "1");
    PublishOptions options = plain();
    PropertiesWriter writer;
    options.delivery_mode = DeliveryMode::as_is;
    REQUIRE(writer.fill(sent.message, options, 1) == nullptr);
    CHECK(writer.properties().delivery_mode == 1);
    CHECK(Got(writer.properties()).headers["amqp-delivery-mode"] == "1");
    REQUIRE(writer.fill(leat_message{}, options, 1) == nullptr);
    CHECK(writer.properties().delivery_mode == 2);
    options.delivery_mode = DeliveryMode::transient;
    REQUIRE(writer.fill(leat_message{}, options, 1) == nullptr);
    CHECK(writer.properties().delivery_mode == 1);
}

TEST_CASE("the sequence of a mandatory message can be read from its return, and is never shown to a route") {
    PublishOptions options = plain();
    options.mandatory = true;
    PropertiesWriter writer;
    REQUIRE(writer.fill(leat_message{}, options, 123'456'789'012) == nullptr);
    CHECK(sequence_of(writer.properties()) == 123'456'789'012);
    CHECK(Got(writer.properties()).headers.empty());
    options.mandatory = false;
    REQUIRE(writer.fill(leat_message{}, options, 7) == nullptr);
    CHECK(sequence_of(writer.properties()) == 0);
}

TEST_CASE("what AMQP cannot carry is refused") {
    Sent long_name;
    const std::string name(256, 'n');
    long_name.add(name, "v");
    PropertiesWriter writer;
    CHECK(writer.fill(long_name.message, plain(), 1) != nullptr);
    Sent long_property;
    const std::string value(256, 'v');
    long_property.add("amqp-message-id", value);
    CHECK(writer.fill(long_property.message, plain(), 1) != nullptr);
    CHECK(writer.fill(leat_message{}, plain(), 1) == nullptr);  // and the next one is not
}

TEST_CASE("an absent header value stays absent, an absent key is not sent") {
    Sent sent;
    sent.headers.push_back({leat::bytes("gone"), leat::kAbsent});
    sent.message.headers = sent.headers.data();
    sent.message.header_count = 1;
    PropertiesWriter writer;
    REQUIRE(writer.fill(sent.message, plain(), 1) == nullptr);
    CHECK(writer.properties().headers.num_entries == 1);
    const Got got(writer.properties());
    REQUIRE(got.message.header_count == 1);
    CHECK_FALSE(leat::present(got.message.headers[0].value));
    CHECK_FALSE(leat::present(got.message.key));
}

TEST_CASE("the exchange is a header, but for the default exchange, and goes no further") {
    const amqp_basic_properties_t none{};
    CHECK(Got(none, {"", true}, "readings").headers["leat-exchange"] == "readings");
    CHECK(Got(none, {"", true}, "").headers.empty());
    CHECK(Got(none, {"", false}, "readings").headers.empty());
    Sent sent;
    sent.add("leat-exchange", "readings");
    PropertiesWriter writer;
    REQUIRE(writer.fill(sent.message, plain(), 1) == nullptr);
    CHECK((writer.properties()._flags & AMQP_BASIC_HEADERS_FLAG) == 0);
}

TEST_CASE("without properties only the key is taken") {
    Sent sent;
    sent.message.key = leat::bytes("k");
    sent.add("unit", "C");
    sent.add("content-type", "text/plain");
    PropertiesWriter writer;
    REQUIRE(writer.fill(sent.message, plain(), 1) == nullptr);
    const Got got(writer.properties(), {"leat-message-key", false}, "x");
    CHECK(got.headers.empty());
    CHECK(leat::view(got.message.key) == "k");
}

TEST_CASE("a body that no broker has is refused before anything is reserved for it") {
    const amqp_basic_properties_t properties{};
    DeliveryReader reader("leat-message-key", true);
    for (const std::size_t size : {DeliveryReader::kLargestBody + 1, ~std::size_t{0} - 100}) {
        const Delivery delivery{of(""), of("the.key"), &properties, size, false};
        CHECK_THROWS_WITH_AS(
            reader.measure(delivery),
            ("the broker announces a message of " + std::to_string(size) + " bytes; at most 2 GiB are taken").c_str(),
            std::length_error);
    }
    const Delivery largest{of(""), of("the.key"), &properties, DeliveryReader::kLargestBody, false};
    CHECK(reader.measure(largest) == DeliveryReader::kLargestBody + std::strlen("the.key"));
}

TEST_CASE("the size that is said for properties covers what they take on the wire") {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        Sent sent;
        std::vector<std::string> texts;
        texts.reserve(40);
        sent.headers.reserve(20);
        const auto text = [&](std::size_t most) -> const std::string& {
            return texts.emplace_back(random() % (most + 1), static_cast<char>('a' + random() % 26));
        };
        for (std::size_t i = random() % 20; i > 0; --i) sent.add(text(255), text(2000));
        if (random() % 2 == 0) sent.message.key = leat::bytes("key");
        PublishOptions options = plain();
        options.mandatory = random() % 2 == 0;
        PropertiesWriter writer;
        REQUIRE(writer.fill(sent.message, options, random()) == nullptr);
        std::vector<char> wire(1 << 20);
        const int encoded = amqp_encode_properties(
            AMQP_BASIC_CLASS, const_cast<amqp_basic_properties_t*>(&writer.properties()), {wire.size(), wire.data()});
        REQUIRE(encoded > 0);
        CHECK(static_cast<std::size_t>(encoded) + 22 <= writer.size());  // and the frame's header
    }
}
