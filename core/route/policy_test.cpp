// What a policy keeps of messages, seen from above and below: each receipt is settled once, as it was below.
#include "route/policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace leat;
using namespace leat::route;

namespace {

struct NoRoute final : Control {
    runtime::Shard own_shard{0};  // does not run: no timer fires
    std::string own_name = "r";
    runtime::Shard& shard() override { return own_shard; }
    void stop_with(const std::string&) override {}
    void log(uint32_t, const std::string&) override {}
    const std::string& name() const override { return own_name; }
};

using Ends = std::map<uint64_t, std::pair<uint32_t, uint32_t>>;  // by token: outcome, code

struct Above : leat_settler {
    Ends ends;
    Above() {
        settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            for (size_t i = 0; i < n; ++i) {
                const auto& one = batch[i];
                CHECK(static_cast<Above*>(s)->ends.try_emplace(one.token, one.outcome, one.code).second);
            }
        };
    }
};

struct Below : leat_inlet {
    std::vector<leat_message> waiting;
    Below() {
        push = [](leat_inlet* s, leat_message* batch, size_t n) {
            auto& all = static_cast<Below*>(s)->waiting;
            all.insert(all.end(), batch, batch + n);
        };
        signal = [](leat_inlet*, uint32_t, uint64_t) {};
    }
};

struct Counted : leat_buffer {
    Counted() : leat_buffer{0, 0, 0, [](leat_buffer*) {}} {}
};

}  // namespace

TEST_CASE(
    "whatever goes down together and comes back in whatever pieces, each "
    "receipt is settled once, as below") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 60; ++round) {
        NoRoute route;
        Above above[2];
        Below below;
        std::vector<Counted> buffers(3);
        Policy policy(StepSetup{route, "to", {}, nullptr});
        policy.open(&below);
        Ends expected[2];
        std::map<uint64_t, std::pair<int, uint64_t>> origin;  // by payload: who is above, and the token there
        uint64_t made = 0, next_token[2] = {1000, 5};
        const unsigned mixing = round % 3;  // all alike; in runs; each for itself
        for (int step = 0; step < 60; ++step) {
            std::vector<leat_message> batch(1 + random() % LEAT_BATCH_MAX);
            int who = static_cast<int>(random() % 2);
            size_t buffer = random() % 4;
            for (leat_message& m : batch) {
                const bool turns = mixing == 2 || (mixing == 1 && random() % 20 == 0);
                if (turns && random() % 2) who = 1 - who;
                if (turns && random() % 2) buffer = random() % 4;
                if (turns && random() % 2) next_token[who] += 7;
                m = {};
                m.payload.size = made;
                m.lane = static_cast<uint32_t>(made % 3);
                if (buffer < 3) m.buffer = &buffers[buffer];
                leat_buffer_retain(m.buffer, 1);
                m.receipt = {&above[who], next_token[who]};
                origin[made++] = {who, next_token[who]++};
            }
            policy.inlet()->push(policy.inlet(), batch.data(), batch.size());
            while (!below.waiting.empty() && random() % 4 > 0) {
                const size_t most = std::min<size_t>(below.waiting.size(), LEAT_BATCH_MAX);
                const size_t n = 1 + random() % most;
                const bool from_end = random() % 5 == 0;
                const auto begin =
                    from_end ? below.waiting.end() - static_cast<std::ptrdiff_t>(n) : below.waiting.begin();
                std::vector<leat_settlement> told;
                for (auto m = begin; m != begin + static_cast<std::ptrdiff_t>(n); ++m) {
                    const auto what = random() % 40;
                    const uint32_t outcome = what == 0 ? LEAT_ABANDON : LEAT_ACK;
                    const uint32_t code = what == 1 ? LEAT_DROPPED : LEAT_NONE;
                    told.push_back({m->receipt.token, outcome, code, nullptr});
                    const auto& [settler, token] = origin.at(m->payload.size);
                    expected[settler][token] = {outcome, code};
                    leat_buffer_release(m->buffer, 1);
                }
                leat_settler* settler = begin->receipt.settler;
                below.waiting.erase(begin, begin + static_cast<std::ptrdiff_t>(n));
                settler->settle(settler, told.data(), told.size());
            }
        }
        const auto unsettled = static_cast<uint64_t>(below.waiting.size());
        CHECK(expected[0].size() + expected[1].size() == made - unsettled);
        for (int i : {0, 1}) CHECK(above[i].ends == expected[i]);
        CHECK(policy.stale() == 0);
        CHECK(policy.latency().read().total == made - unsettled);
        uint64_t refs = 0, with_buffer = 0;
        for (const Counted& b : buffers) refs += b.refs;
        for (const leat_message& m : below.waiting) with_buffer += m.buffer ? 2 : 0;  // the policy's and ours
        CHECK(refs == with_buffer);
    }
}

TEST_CASE(
    "a batch of two settlers is kept whole, and what is refused goes "
    "back with the receipt that it had") {
    NoRoute route;
    Above a, b;
    Below below;
    StepSetup setup{route, "to", {}, nullptr};
    setup.policy.then = FailurePolicy::Then::source;
    setup.ordered = false;
    Policy policy(std::move(setup));
    policy.open(&below);
    std::vector<leat_message> batch(6);
    for (size_t i = 0; i < batch.size(); ++i)
        batch[i].receipt = {i % 2 ? static_cast<leat_settler*>(&a) : &b, 50 + i};
    policy.inlet()->push(policy.inlet(), batch.data(), batch.size());
    REQUIRE(below.waiting.size() == 6);
    std::set<uint64_t> tokens;
    for (const leat_message& m : below.waiting) tokens.insert(m.receipt.token);
    CHECK(tokens.size() == 6);
    CHECK(*tokens.rbegin() - *tokens.begin() == 5);
    leat_settler* settler = below.waiting[0].receipt.settler;
    const leat_settlement refused{below.waiting[3].receipt.token, LEAT_REJECT, LEAT_NONE, nullptr};
    settler->settle(settler, &refused, 1);
    CHECK(a.ends.empty());
    CHECK(policy.waiting() == 1);
    policy.abandon_all();
    CHECK(a.ends == Ends{{53, {LEAT_ABANDON, LEAT_NONE}}});
    CHECK(b.ends.empty());
}
