// Dead letters go back to the step that refused them, past a kill as well: none is missing, none visits the source's
// topic or an earlier step again.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/kafka_counter.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMessages = 1000;

// A route with two handlers, of which the second one refuses odd numbers and the sink the others, until it is mended.
class Broken {
  public:
    Broken() {
        kafka_.create_topic("in", kPartitions);
        kafka_.create_topic("dead", kPartitions);
        kafka_.create_topic("landed-in", kPartitions);
        break_down();
    }

    // Until all messages are dead letters.
    void break_down() {
        scene_.configure(configuration(true));
        scene_.start_host();
        Process producer =
            scene_.start_tool("kafka_produce", {"--brokers", kafka_.brokers(), "--topic", "in", "--count",
                                                std::to_string(kMessages), "--record", scene_.file("published")});
        REQUIRE(producer.wait(1min) == 0);
        REQUIRE_MESSAGE(eventually([&] { return dead_.count() == kMessages; }, 60s), scene_.host_log());
        CHECK(scene_.host().stop() == 0);
        CHECK(records("first") == kMessages);
        CHECK(records("second") == kMessages);
        configure(false);
    }

    void configure(bool is_broken) { scene_.configure(configuration(is_broken)); }

    Process start(const std::vector<std::string>& options) {
        std::vector<std::string> words = {host(),   "redrive",      scene_.file("bridge.json"),
                                          "orders", "--plugin-dir", plugin_folder()};
        words.insert(words.end(), options.begin(), options.end());
        std::filesystem::remove(scene_.file("redrive.log"));
        return Process(words, {.output = scene_.file("redrive.log")});
    }
    std::string run(std::vector<std::string> options, bool after_kill = false) {
        // After a kill the group waits for the member that is gone until its session ends; the default lasts longer.
        if (!after_kill) options.insert(options.end(), {"--until-idle", "4s"});
        Process process = start(options);
        const auto code = process.wait(2min);
        CHECK_MESSAGE(code == 0, process.output());
        return process.output();
    }

    void check_all_landed(const std::string& title) {
        Process collector =
            scene_.start_tool("kafka_collect", {"--brokers", kafka_.brokers(), "--topic", "landed-in", "--expect",
                                                std::to_string(kMessages), "--idle", "5", "--key", "1", "--headers",
                                                "1", "--record", scene_.file("landed")});
        CHECK(collector.wait(1min) == 0);
        const Verdict verdict = scene_.judge(title, scene_.file("published"), scene_.file("landed"));
        CHECK(verdict.published == kMessages);
        CHECK(verdict.lost == 0);
        CHECK(verdict.corrupt == 0);
        CHECK(source_.count() == kMessages);   // none went to the topic that others read, too
        CHECK(records("first") == kMessages);  // nor to a step before the one that refused it
    }

    std::uint64_t records(const std::string& step) const { return std::filesystem::file_size(scene_.file(step)); }
    std::uint64_t landed() { return landed_.count(); }
    std::uint64_t dead() { return dead_.count(); }

  private:
    std::string configuration(bool is_broken) const {
        const auto handler = [&](const std::string& name, bool refuses) {
            return R"({ "plugin": "stepper", "name": ")" + name + R"(", "record": ")" + scene_.file(name) +
                   R"(", "refuse": )" + (refuses ? "true" : "false") + " }";
        };
        return R"({ "backends": { "k": { "plugin": "kafka", "brokers": ")" + kafka_.brokers() + R"(" } },
  "routes": { "orders": {
    "from": { "backend": "k", "topics": ["in"] },
    "through": [ )" +
               handler("first", false) + ", " + handler("second", is_broken) + R"( ],
    "to": { "backend": "k", "topic": "landed-${topic}" )" +
               (is_broken ? R"(, "headers": { "x": "${header:not-there}" })" : "") + R"( },
    "on_failure": { "dead_letter": { "backend": "k", "topic": "dead" } } } } })";
    }

    Kafka kafka_;
    Scene scene_;
    KafkaCounter source_{kafka_.brokers(), "in", kPartitions};
    KafkaCounter dead_{kafka_.brokers(), "dead", kPartitions};
    KafkaCounter landed_{kafka_.brokers(), "landed-in", kPartitions};
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

size_t count_of(const std::string& text, const std::string& part) {
    size_t n = 0;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
}

}  // namespace

TEST_CASE("dead letters of two steps land, each from the step that refused it; filtered ones stay") {
    Broken broken;
    const std::string seen = broken.run({"--dry-run"});
    CHECK(count_of(seen, "redrive  step second  topic in  key d") == kMessages / 2);
    CHECK(count_of(seen, "redrive  step to  topic in  key d") == kMessages / 2);
    CHECK(has(seen, "odd numbers are refused"));
    CHECK(broken.landed() == 0);

    CHECK_MESSAGE(has(broken.run({"--step", "second"}),
                      "500 redriven, of which 500 landed, 0 filtered, 0 failed again; 500 put back"),
                  "only those of the step");
    CHECK(broken.landed() == kMessages / 2);
    CHECK(broken.records("second") == kMessages + kMessages / 2);

    CHECK(has(broken.run({}), "500 redriven, of which 500 landed"));
    CHECK(broken.records("second") == kMessages + kMessages / 2);
    CHECK(has(broken.run({}), "0 redriven"));
    broken.check_all_landed("redrive of two steps");
}

TEST_CASE("a redrive that is killed in the middle loses nothing when it is called again") {
    Broken broken;
    Process process = broken.start({"--rate", "50/s"});
    REQUIRE_MESSAGE(eventually([&] { return broken.landed() >= 25; }, 60s), process.output());
    process.kill();
    const std::uint64_t before = broken.landed();
    CHECK(before < kMessages);
    note("redrive killed after " + std::to_string(before) + " of " + std::to_string(kMessages));
    broken.run({}, true);
    broken.check_all_landed("redrive killed and called again");
}

TEST_CASE("what fails again is a dead letter again, with its attempts added up") {
    Broken broken;
    broken.configure(true);
    CHECK(has(broken.run({"--step", "second", "--limit", "10"}),
              "10 redriven, of which 0 landed, 0 filtered, 10 failed again"));
    const std::string seen = broken.run({"--dry-run", "--if", "header:leat-attempts == 2"});
    CHECK(count_of(seen, "redrive  step second") == 10);
    CHECK(count_of(seen, "attempts 2: odd numbers are refused") == 10);
    broken.configure(false);
    CHECK(has(broken.run({}), "1000 redriven, of which 1000 landed"));
    broken.check_all_landed("redrive after one that failed again");
}
