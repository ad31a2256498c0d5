#include "route/redrive.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "route/rig.hpp"

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers headers_of(const leat_message& m) {
    Headers all;
    for (uint32_t i = 0; i < m.header_count; ++i) {
        all.emplace_back(view(m.headers[i].name), view(m.headers[i].value));
    }
    return all;
}

// A rig whose messages are read as dead letters of the route "test".
struct RedriveRig : Rig {
    explicit RedriveRig(int count) : Rig(count) {
        auto redrive = std::make_shared<RedrivePlan>();
        redrive->run = "run";
        plan.redrive = redrive;
        plan.on_failure.has_dead_letter = true;
        plan.on_failure.dead_letter = sink_plan("dead");
    }
};

template <size_t n>
Numbered::Dress with(const std::array<leat_header, n>& headers) {
    return [&headers](leat_message& m) {
        m.key = bytes("found");
        m.headers = headers.data();
        m.header_count = n;
    };
}

// The only message of the rig, as it lands.
struct Landed {
    Headers headers;
    std::string topic;
    std::optional<std::string> key;
};

Landed redriven(Rig& rig) {
    Landed landed;
    rig.scripts["main"] = [&](const leat_message& m, const std::string&) {
        landed.headers = headers_of(m);
        landed.topic = view(m.topic);
        if (present(m.key)) landed.key = view(m.key);
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(1));
    rig.finish();
    return landed;
}

}  // namespace

TEST_CASE("what waits to be put back again is left when the route stops meanwhile") {
    RedriveRig rig(3);
    rig.scripts["dead"] = [](const leat_message&, const std::string& shown) {
        if (shown == "t0:0") return Answer{LEAT_RETRY};
        if (shown == "t0:1") return Answer{LEAT_REJECT};
        return Answer{Scripted::kNever};
    };
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.state == RouteState::failed; }));
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    CHECK(
        rig.wait([end](const auto&) { return std::chrono::steady_clock::now() > end; }));  // its timer is due by then
    const auto ledger = rig.drain().ledger;
    CHECK(ledger.balances());
    CHECK(ledger.dead_lettered == 0);
}

TEST_CASE("what is no dead letter is put back with the key that it has") {
    RedriveRig rig(3);
    static const std::array<leat_header, 1> headers = {{{bytes("mine"), bytes("1")}}};
    rig.dress = with(headers);
    std::atomic<int> as_found = 0;
    rig.scripts["dead"] = [&](const leat_message& m, const std::string&) {
        as_found +=
            view(m.key) == "found" && headers_of(m).front() == std::pair<std::string, std::string>("mine", "1");
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(3));
    CHECK(as_found == 3);
}

TEST_CASE("of a dead letter that was read from another route's dead letters, the last headers count") {
    RedriveRig rig(1);
    static const std::array<leat_header, 7> headers = {{{bytes("mine"), bytes("1")},
                                                        {bytes("leat-route"), bytes("other")},
                                                        {bytes("leat-step"), bytes("to")},
                                                        {bytes("leat-key"), bytes("of the other")},
                                                        {bytes("leat-route"), bytes("test")},
                                                        {bytes("leat-step"), bytes("to")},
                                                        {bytes("leat-topic"), bytes("other.dead")}}};
    rig.dress = with(headers);
    const Landed landed = redriven(rig);
    CHECK(landed.topic == "other.dead");
    CHECK_FALSE(landed.key);  // it had none when this route refused it
    CHECK(landed.headers ==
          Headers{{"mine", "1"}, {"leat-route", "other"}, {"leat-step", "to"}, {"leat-key", "of the other"}});
}

TEST_CASE("a broker may have sorted the headers of a dead letter") {
    RedriveRig rig(1);
    static const std::array<leat_header, 5> headers = {{{bytes("leat-key"), bytes("k")},
                                                        {bytes("leat-route"), bytes("test")},
                                                        {bytes("leat-step"), bytes("to")},
                                                        {bytes("leat-topic"), bytes("original")},
                                                        {bytes("mine"), bytes("1")}}};
    rig.dress = with(headers);
    const Landed landed = redriven(rig);
    CHECK(landed.topic == "original");
    CHECK(landed.key == "k");
    CHECK(landed.headers == Headers{{"mine", "1"}});
}
