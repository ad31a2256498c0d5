#include "publisher/confirms.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using leat::rabbitmq::Confirms;

namespace {

using Ended = std::vector<int>;

Ended end(Confirms<int>& sent, std::uint64_t tag, bool multiple, std::vector<std::string>* returned = nullptr) {
    Ended ended;
    sent.end(tag, multiple, [&](int job, const std::string* why) {
        ended.push_back(job);
        if (why != nullptr && returned != nullptr) returned->push_back(*why);
    });
    return ended;
}

Ended give_back(Confirms<int>& sent) {
    Ended back;
    sent.give_back([&](int job) { back.push_back(job); });
    return back;
}

}  // namespace

TEST_CASE("a confirmation ends one message, a multiple one all up to its tag, each once") {
    Confirms<int> sent;
    for (int job = 1; job <= 6; ++job) sent.add(job);
    CHECK(end(sent, 3, false) == Ended{3});
    CHECK(end(sent, 3, false).empty());
    CHECK(end(sent, 4, true) == Ended{1, 2, 4});
    CHECK(end(sent, 2, true).empty());
    CHECK(end(sent, 99, false).empty());
    CHECK(sent.size() == 2);
    CHECK(end(sent, 0, true) == Ended{5, 6});  // tag 0: all [basic.ack]
    CHECK(sent.empty());
}

TEST_CASE("a return is told with the confirmation that follows it") {
    Confirms<int> sent;
    for (int job = 1; job <= 3; ++job) sent.add(job);
    sent.returned(2, "no route");
    sent.returned(77, "unknown");
    std::vector<std::string> returned;
    CHECK(end(sent, 3, true, &returned) == Ended{1, 2, 3});
    CHECK(returned == std::vector<std::string>{"no route"});
    sent.add(4);
    returned.clear();
    end(sent, 4, false, &returned);
    CHECK(returned.empty());  // a slot's next user has none of it
}

TEST_CASE("what is unconfirmed comes back in order, and a new channel counts from 1") {
    Confirms<int> sent;
    for (int job = 1; job <= 5; ++job) sent.add(job);
    end(sent, 2, false);
    end(sent, 4, false);
    CHECK(give_back(sent) == Ended{1, 3, 5});
    CHECK(sent.next_tag() == 1);
    sent.add(1);
    CHECK(end(sent, 1, false) == Ended{1});
}

TEST_CASE("random confirmations, with a window that grows: each message ends exactly once") {
    std::mt19937 random(5);
    Confirms<int> sent;
    std::set<int> open;
    int next = 0;
    for (int step = 0; step < 5000; ++step) {
        for (auto n = random() % 20; n > 0; --n) {
            sent.add(++next);  // its tag is its number
            open.insert(next);
        }
        const auto tag = std::uint64_t{random() % static_cast<std::uint64_t>(next + 2)};
        const bool multiple = random() % 8 == 0;
        if (tag == 0) continue;
        for (const int job : end(sent, tag, multiple)) {
            REQUIRE(open.erase(job) == 1);
            REQUIRE((multiple ? job <= static_cast<int>(tag) : job == static_cast<int>(tag)));
        }
        REQUIRE(sent.size() == open.size());
    }
    CHECK(give_back(sent) == Ended(open.begin(), open.end()));
}
