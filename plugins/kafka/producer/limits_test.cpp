// What a topic takes, against a real broker: batches larger than its limit, and records that are too large alone.
#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "support/kafka.hpp"
#include "test_rig.hpp"

using namespace kafka::test;
using leat::test::Kafka;
using leat::test::ScriptedHost;
using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 120s;

// A number and as many bytes behind it that sizes go from 100 to 3,500: of batches of up to 8,000 bytes some are
// larger than 6,000 and some are not.
std::string numbered(int i) {
    return std::to_string(i) + ' ' + std::string(100 + static_cast<size_t>(i) * 7919 % 3400, '.');
}
const kafka::Properties kBatches{{"batch.size", "8000"}};

// The numbers of a topic's records in the order of its only partition.
std::vector<int> landed(ScriptedHost& host, const std::string& brokers, const std::string& topic, size_t count) {
    SourceRig source(host, brokers, topic, {.max_in_flight = 5000, .name = "reader"});
    source.inlet.at_once = [](const auto&) { return static_cast<int>(LEAT_ACK); };
    REQUIRE(host.run_until([&] { return source.inlet.arrivals.size() >= count; }, kPatience));
    host.run_for(200ms);  // what is too much would come now
    std::vector<int> numbers;
    for (const std::string& payload : source.inlet.payloads()) numbers.push_back(std::stoi(payload));
    return numbers;
}

struct Audit {
    size_t distinct = 0;
    size_t out_of_order = 0;  // first arrivals that come after a larger number's
};

Audit audit(const std::vector<int>& numbers) {
    Audit audit;
    std::set<int> seen;
    int newest = -1;
    for (const int i : numbers) {
        if (!seen.insert(i).second) continue;
        audit.out_of_order += i < newest;
        newest = std::max(newest, i);
    }
    audit.distinct = seen.size();
    return audit;
}

}  // namespace

TEST_CASE("records of one lane land in order in a topic that takes only small batches") {
    Kafka kafka;
    kafka.create_topic("small", 1, {{"max.message.bytes", "6000"}});
    ScriptedHost host;
    constexpr int kCount = 20'000;
    {
        SinkRig sink(host, kafka.brokers(), "small", kBatches);
        for (int i = 0; i < kCount; ++i) sink.push({numbered(i)});
        REQUIRE(host.run_until([&] { return sink.outcomes.all.size() == kCount; }, kPatience));
        CHECK(sink.outcomes.count(LEAT_ACK) == kCount);
    }
    const Audit seen = audit(landed(host, kafka.brokers(), "small", kCount));
    CHECK(seen.distinct == kCount);
    CHECK(seen.out_of_order == 0);
}

TEST_CASE("among many topics one that takes less than the others gets its records in order") {
    Kafka kafka;
    kafka.create_topic("few", 1, {{"max.message.bytes", "6000"}});
    ScriptedHost host;
    SinkRig sink(host, kafka.brokers(), "${key}");
    for (int i = 0; i < 2000; ++i) sink.push({numbered(i)}, 0, i % 2 ? "many" + std::to_string(i / 2 % 100) : "few");
    REQUIRE(host.run_until([&] { return sink.outcomes.all.size() == 2000; }, kPatience));
    CHECK(sink.outcomes.count(LEAT_ACK) == 2000);
    const Audit seen = audit(landed(host, kafka.brokers(), "few", 1000));
    CHECK(seen.distinct == 1000);
    CHECK(seen.out_of_order == 0);
}

TEST_CASE("a record that is too large alone is rejected with the reason, and the others land in order") {
    Kafka kafka;
    kafka.create_topic("small", 1, {{"max.message.bytes", "6000"}});
    ScriptedHost host;
    constexpr int kCount = 20'000;
    {
        SinkRig sink(host, kafka.brokers(), "small", kBatches);
        for (int i = 0; i < kCount; ++i) {
            sink.push({i % 5000 == 4321 ? std::to_string(i) + std::string(7000, '.') : numbered(i)});
        }
        REQUIRE(host.run_until([&] { return sink.outcomes.all.size() == kCount; }, kPatience));
        CHECK(sink.outcomes.count(LEAT_ACK) == kCount - 4);
        CHECK(sink.outcomes.count(LEAT_REJECT) == 4);
        for (const auto& one : sink.outcomes.all) {
            if (one.outcome == LEAT_REJECT) CHECK(one.why.find("max.message.bytes") != std::string::npos);
        }
    }
    const Audit seen = audit(landed(host, kafka.brokers(), "small", kCount - 4));
    CHECK(seen.distinct == kCount - 4);
    CHECK(seen.out_of_order == 0);
}

TEST_CASE("a record that a compacted topic refuses for want of a key is rejected, and the others land in order") {
    Kafka kafka;
    kafka.create_topic("compacted", 1, {{"cleanup.policy", "compact"}});
    ScriptedHost host;
    constexpr int kCount = 3000;
    {
        SinkRig sink(host, kafka.brokers(), "compacted");
        for (int i = 0; i < kCount; ++i) sink.push({std::to_string(i)}, 0, i % 1000 == 321 ? "" : "key");
        REQUIRE(host.run_until([&] { return sink.outcomes.all.size() == kCount; }, kPatience));
        CHECK(sink.outcomes.count(LEAT_ACK) == kCount - 3);
        CHECK(sink.outcomes.count(LEAT_REJECT) == 3);
        for (const auto& one : sink.outcomes.all) {
            if (one.outcome == LEAT_REJECT) CHECK(one.why.find("needs a key") != std::string::npos);
        }
    }
    const Audit seen = audit(landed(host, kafka.brokers(), "compacted", kCount - 3));
    CHECK(seen.distinct == kCount - 3);
    CHECK(seen.out_of_order == 0);
}
