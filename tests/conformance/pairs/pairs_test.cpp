// Every source to every sink: 50,000 numbered messages, the host killed with -9 on the way, and payload, key and
// headers of all that landed compared by programs that share no code with the router.
//
// memory lives in the host, so what it holds dies with it, as its promise says. Its pairs run as chains between two
// brokers: once undisturbed, with nothing missing; and once with a kill, where no more may be missing than memory was
// allowed to hold. LEAT_PAIR_MESSAGES and LEAT_PAIR_KILLS change the numbers; LEAT_PAIR_ONLY=kafka-mqtt runs one pair
// of brokers alone.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "conformance/pairs/ends.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMemoryHolds = 2000;

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_PAIR_MESSAGES", 50'000)); }
std::uint64_t kills() { return static_cast<std::uint64_t>(setting("LEAT_PAIR_KILLS", 1)); }

bool is_wanted(const std::string& from, const std::string& to) {
    const char* only = std::getenv("LEAT_PAIR_ONLY");
    return only == nullptr || std::string(from).append("-").append(to) == only;
}

std::map<std::string, std::unique_ptr<End>>& ends() {
    static auto all = make_ends();
    return all;
}

/** A way from one broker to another, maybe over topics in memory. */
struct Way {
    std::string from, to;
    int hops = 0;
    std::uint64_t kills = 0;

    std::string name() const {
        std::string text = from;
        for (int i = 0; i < hops; ++i) text += " -> memory";
        return text + " -> " + to;
    }
    std::string id() const {
        return from + '-' + to + '-' + std::to_string(hops) + (hops > 0 && kills > 0 ? "-killed" : "");
    }
};

std::string configuration(const Way& way) {
    End& from = *ends().at(way.from);
    End& to = *ends().at(way.to);
    std::string backends = '"' + way.from + "\": { " + from.backend() + " }";
    if (way.to != way.from) backends += ", \"" + way.to + "\": { " + to.backend() + " }";
    if (way.hops > 0) {
        backends += R"(, "local": { "plugin": "memory", "capacity": )" + std::to_string(kMemoryHolds) + " }";
    }
    std::string routes, source = "\"backend\": \"" + way.from + "\", " + from.from(way.id()), key = from.key();
    for (int hop = 0; hop < way.hops; ++hop) {
        const std::string topic = "hop" + std::to_string(hop);
        routes.append("\"").append(topic).append(R"(": { "from": { )").append(source);
        routes.append(R"( }, "to": { "backend": "local", "topic": ")").append(topic);
        routes.append(R"(", "headers": { "k": ")").append(key).append("\" } } },\n");
        source.assign(R"("backend": "local", "topics": [")").append(topic).append(R"("], "max_in_flight": 1000)");
        key = "${header:k}";
    }
    routes += "\"last\": { \"from\": { " + source + " }, \"to\": { \"backend\": \"" + way.to + "\", " +
              to.to(way.id(), key) + " } }";
    return "{ \"backends\": { " + backends + " },\n\"routes\": { " + routes + " } }\n";
}

void remember(const Way& way, const Verdict& v) {
    const char* path = std::getenv("LEAT_PAIRS_RESULTS");
    if (path == nullptr) return;
    std::ofstream(path, std::ios::app) << way.name() << '\t' << way.kills << '\t' << v.published << '\t' << v.lost
                                       << '\t' << v.corrupt << '\t' << v.twice << '\n';
}

Verdict run(const Way& way) {
    CAPTURE(way.name());
    Scene scene;
    scene.configure(configuration(way));
    ends().at(way.from)->create(way.id());
    if (way.to != way.from) ends().at(way.to)->create(way.id());
    scene.start_host();
    REQUIRE_MESSAGE(ends().at(way.from)->is_subscribed(way.id()), scene.host_log());
    if (way.kills > 0) scene.hold_back_after(messages() * 3 / 4);
    Process collector = ends().at(way.to)->collect(scene, way.id(), messages());
    Process publisher = ends().at(way.from)->publish(scene, way.id(), messages());
    scene.kill_on_the_way(messages(), way.kills);
    // Whoever reads back ends by itself when nothing comes any more; this is for a busy machine.
    const auto patience = 3min + std::chrono::seconds(messages() / 200 + way.kills * 30);
    CHECK(publisher.wait(patience) == 0);
    CHECK(collector.wait(patience) == 0);
    Verdict verdict =
        scene.judge(way.name() + (way.kills > 0 ? ", killed " + std::to_string(way.kills) + " times" : ""),
                    scene.file("published"), scene.file("landed"));
    remember(way, verdict);
    CHECK(verdict.published == messages());
    CHECK(verdict.corrupt == 0);
    if (!verdict.clean() && way.hops == 0) MESSAGE(scene.host_log());
    return verdict;
}

}  // namespace

TEST_CASE("every broker to every broker: a kill of the host loses nothing and changes nothing") {
    int pairs = 0;
    for (const auto& [from, source] : ends()) {
        for (const auto& [to, sink] : ends()) {
            if (!is_wanted(from, to)) continue;
            ++pairs;
            CHECK(run({from, to, 0, kills()}).lost == 0);
        }
    }
    CHECK(pairs > 0);
}

TEST_CASE("from every broker into memory, and from memory into every broker: nothing is lost or changed") {
    CHECK(run({"kafka", "mqtt", 1, 0}).lost == 0);
    CHECK(run({"mqtt", "rabbitmq", 1, 0}).lost == 0);
    CHECK(run({"rabbitmq", "kafka", 1, 0}).lost == 0);
}

TEST_CASE("from memory into memory: nothing is lost or changed") { CHECK(run({"kafka", "kafka", 2, 0}).lost == 0); }

TEST_CASE("a kill takes no more than what memory held") {
    const Verdict verdict = run({"kafka", "mqtt", 1, 1});
    CHECK(verdict.lost <= kMemoryHolds);
}
