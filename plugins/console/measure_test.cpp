#include "measure.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

#include "sink.hpp"
#include "support/folder.hpp"
#include "support/stepped_host.hpp"

using namespace leat::console;
using namespace leat::test;

namespace {

std::string stamped(uint32_t stream, uint64_t number, int64_t due_ns = 0) {
    std::string payload(Stamp::kSize + 3, '.');
    std::memcpy(payload.data(), "LEAT", 4);
    std::memcpy(payload.data() + 4, &stream, 4);
    std::memcpy(payload.data() + 8, &number, 8);
    std::memcpy(payload.data() + 16, &due_ns, 8);
    return payload;
}

void add(Measure& measure, const std::string& payload, int64_t now_ns = 1) {
    leat_message m{};
    m.payload = {payload.data(), payload.size()};
    measure.add(&m, 1, now_ns);
}

}  // namespace

TEST_CASE("measure tells late messages from repeated ones, for each stream by itself") {
    Measure measure(false);
    for (const uint64_t n : {5, 6, 9, 7, 7, 6, 8, 10}) add(measure, stamped(1, n));
    for (const uint64_t n : {1, 2, 3}) add(measure, stamped(2, n));
    CHECK(measure.received() == 11);
    CHECK(measure.out_of_order() == 2);  // 7 and 8 behind 9
    CHECK(measure.repeated() == 2);      // 7 and 6 once more
    CHECK(measure.unstamped() == 0);
}

TEST_CASE("any order of a stream: all are different, and late are those below an earlier one") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<uint64_t> numbers(500);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    std::shuffle(numbers.begin(), numbers.end(), random);
    Measure measure(false);
    uint64_t late = 0, highest = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
        late += i > 0 && numbers[i] < highest ? 1 : 0;
        highest = std::max(highest, numbers[i]);
        add(measure, stamped(0, numbers[i]));
    }
    CHECK(measure.repeated() == 0);
    CHECK(measure.out_of_order() == late);
    for (const uint64_t n : numbers) add(measure, stamped(0, n));
    CHECK(measure.repeated() == numbers.size());
    CHECK(measure.out_of_order() == late);
}

TEST_CASE("what bears no stamp is counted and not timed") {
    Measure measure(true);
    add(measure, "LEAT and no more");
    add(measure, std::string(100, 'x'));
    add(measure, stamped(0, 1, 40), 100);
    CHECK(measure.received() == 3);
    CHECK(measure.unstamped() == 2);
    CHECK(measure.delays() == std::vector<int64_t>{60});
}

TEST_CASE("a record is written by a measuring sink alone") {
    Output output(STDOUT_FILENO);
    SinkOptions options;
    options.record = "delays";
    CHECK_THROWS_WITH(Sink(options, output), "record: wants \"format\": \"measure\"");
}

TEST_CASE("a measuring sink acknowledges at once and leaves its record when it stops") {
    Folder folder;
    const std::string file = folder / "delays";
    SteppedHost host;
    Instance me(host);
    Output output(STDOUT_FILENO);
    SinkOptions options;
    options.format = OutputFormat::measure;
    options.record = file;
    Sink sink(options, output);
    sink.attach(host.setup(me));
    sink.open();
    sink.c()->start(sink.c(), nullptr);
    Told told;
    for (uint64_t i = 1; i <= 3; ++i) {
        const std::string payload = stamped(0, i, host.now_ns - static_cast<int64_t>(i));
        leat_message m = make_message(host, me, "topic", "key", payload, {&told, i});
        sink.c()->inlet->push(sink.c()->inlet, &m, 1);
    }
    CHECK(told.count(LEAT_ACK) == 3);
    CHECK(host.live_buffers == 0);
    sink.c()->stop(sink.c());
    host.run();
    std::ifstream in(file, std::ios::binary);
    std::vector<int64_t> delays(4);
    in.read(reinterpret_cast<char*>(delays.data()), 32);
    CHECK(in.gcount() == 24);
    delays.pop_back();
    CHECK(delays == std::vector<int64_t>{1, 2, 3});
}
