#include <leat/sdk/flow/fifo.hpp>
#include <leat/sdk/flow/settle.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace leat;

struct Told : leat_settler {
    std::vector<leat_settlement> all;
    std::vector<size_t> calls;  // how many in each
    Told() {
        settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            auto* told = static_cast<Told*>(s);
            told->all.insert(told->all.end(), batch, batch + n);
            told->calls.push_back(n);
        };
    }
};

struct Counted : leat_buffer {
    explicit Counted(uint32_t n) : leat_buffer{n, 0, 0, [](leat_buffer*) {}} {}
};

}  // namespace

TEST_CASE("messages that end alike are settled in calls of 256, and each buffer loses its references") {
    Told a, b;
    Counted first(600), second(600);
    std::vector<leat_message> messages(600);
    for (size_t i = 0; i < messages.size(); ++i) {
        messages[i].receipt = {i < 300 || i >= 310 ? static_cast<leat_settler*>(&a) : &b, i};
        messages[i].buffer = i < 100 ? &first : i < 500 ? &second : nullptr;
    }
    {
        Settlements ended;
        ended.end_all(messages.data(), messages.size(), LEAT_REJECT, 7);
    }
    CHECK(first.refs == 500);
    CHECK(second.refs == 200);
    CHECK(a.calls == std::vector<size_t>{256, 44, 256, 34});
    REQUIRE(a.all.size() == 590);
    REQUIRE(b.all.size() == 10);
    for (size_t i = 0; i < 300; ++i) CHECK(a.all[i].token == i);
    for (size_t i = 300; i < 590; ++i) CHECK(a.all[i].token == i + 10);
    for (const leat_settlement& s : a.all) {
        CHECK(s.outcome == LEAT_REJECT);
        CHECK(s.code == 7);
        CHECK(s.detail == nullptr);
    }
}

TEST_CASE("a run goes behind what waits already") {
    Told a, b;
    Counted buffer(1000);
    {
        Settlements ended;
        ended.settle({&a, 9}, LEAT_ACK);
        ended.end_run({&a, 10}, &buffer, 400, LEAT_ACK, LEAT_DROPPED);
        ended.end_run({&b, 5}, &buffer, 1, LEAT_ACK, LEAT_NONE);
        ended.end_run({&a, 500}, nullptr, 2, LEAT_ACK, LEAT_NONE);
    }
    CHECK(buffer.refs == 599);
    CHECK(a.calls == std::vector<size_t>{256, 145, 2});
    for (size_t i = 0; i < 401; ++i) CHECK(a.all[i].token == 9 + i);
    CHECK(a.all[0].code == LEAT_NONE);
    CHECK(a.all[1].code == LEAT_DROPPED);
    CHECK(b.all[0].token == 5);
}

TEST_CASE("a plain run ends at another outcome, a code, or a token that is no neighbour") {
    const auto plain = [](size_t count) {
        std::vector<leat_settlement> all;
        for (size_t i = 0; i < count; ++i) all.push_back({100 + i, LEAT_ACK, LEAT_NONE, nullptr});
        return all;
    };
    constexpr size_t n = 90;  // several of the pieces in which it looks
    for (size_t i = 0; i < n; ++i) {
        auto all = plain(n);
        CHECK(plain_run(all.data(), n) == n);
        all[i].outcome = LEAT_RETRY;
        CHECK(plain_run(all.data(), n) == i);
        all = plain(n);
        all[i].code = LEAT_DROPPED;
        CHECK(plain_run(all.data(), n) == i);
        all = plain(n);
        all[i].token += 1;
        CHECK(plain_run(all.data(), n) == (i == 0 ? 1 : i));
    }
}

TEST_CASE("first in, first out, while many pass") {
    Fifo<int> numbers;
    int in = 0, out = 0;
    for (int step = 0; step < 1000; ++step) {
        for (int i = 0; i < step % 7; ++i) numbers.push_back(in++);
        for (int i = 0; i < step % 5 && !numbers.empty(); ++i) {
            CHECK(numbers.front() == out++);
            numbers.pop_front();
        }
        CHECK(numbers.size() == static_cast<size_t>(in - out));
        int expected = out;
        for (const int number : numbers) CHECK(number == expected++);
        CHECK(expected == in);
    }
}
