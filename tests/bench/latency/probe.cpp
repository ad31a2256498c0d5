// How long messages take through a bridge at a steady rate, one way.
//
// Open loop: each message carries the moment when it was to be sent, whatever has become of those before it, and its
// latency counts from that moment; a stall is seen by all messages that it delays, not by one (no coordinated
// omission). Every latency is kept: the percentiles are exact.
#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/latency/reader.hpp"
#include "bench/latency/writer.hpp"
#include "tools/arguments.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat;

constexpr std::string_view kUsage =
    "usage: probe --from mqtt|kafka|rabbitmq --write NAME --to mqtt|kafka|rabbitmq|confirmed [--read NAME]\n"
    "             [--rate PER_SECOND] [--seconds S | --messages N] [--warm-up S | --warm-messages N]\n"
    "             [--size BYTES] [--keys N]\n"
    "             [--mqtt-port P] [--amqp-port P] [--brokers LIST] [--partitions N]\n"
    "Begins once a message has come through, and prints one line of JSON. Code 1 when nothing comes through.\n"
    "--to confirmed: nothing is read; latency ends with the broker's confirmation.";

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPatience = 120 * kSecond;  // what has not come by then is missing, however busy the machine

std::int64_t now_ns() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * kSecond + t.tv_nsec;
}

void sleep_until(std::int64_t ns) {
    const timespec t{ns / kSecond, ns % kSecond};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr) == EINTR && test::stop_requested == 0)
        continue;
}

/** The number of a message and when it was to be sent; 0 is for those that ask whether the bridge is up. */
struct Stamp {
    std::uint64_t number = 0;
    std::int64_t intended_ns = 0;

    void write(std::string& payload, std::size_t size) const {
        payload = std::to_string(number) + ' ' + std::to_string(intended_ns) + ' ';
        if (payload.size() < size) payload.resize(size, '.');
    }
    static Stamp read(std::string_view payload) {
        Stamp stamp;
        const char* end = payload.data() + payload.size();
        const auto [at, error] = std::from_chars(payload.data(), end, stamp.number);
        if (error != std::errc() || std::from_chars(at + 1, end, stamp.intended_ns).ec != std::errc())
            throw std::runtime_error("a payload is not ours");
        return stamp;
    }
};

struct Plan {
    std::uint64_t rate;
    std::uint64_t warm_up;  ///< Messages before those that count.
    std::uint64_t total;
    std::uint64_t keys;
    std::size_t size;

    explicit Plan(const test::Arguments& arguments)
        : rate(arguments.number("rate", 500)),
          warm_up(arguments.number("warm-messages", arguments.number("warm-up", 3) * rate)),
          total(warm_up + arguments.number("messages", arguments.number("seconds", 20) * rate)),
          keys(arguments.number("keys", 64)),
          size(arguments.number("size", 100)) {}

    std::string key(std::uint64_t number) const { return "d" + std::to_string(number % keys); }
};

/** What has arrived. [the reader's thread] */
class Arrivals {
  public:
    explicit Arrivals(const Plan& plan) : plan_(plan), seen_(plan.total + 1), last_of_key_(plan.keys) {}

    void add(std::string_view payload) {
        const std::int64_t arrived_ns = now_ns();
        const Stamp stamp = Stamp::read(payload);
        if (stamp.number == 0) is_up = true;
        if (stamp.number == 0 || stamp.number > plan_.total || seen_[stamp.number] != 0) return;
        seen_[stamp.number] = 1;
        ++distinct;
        auto& last = last_of_key_[stamp.number % plan_.keys];
        if (stamp.number < last) ++out_of_order_;
        last = std::max(last, stamp.number);
        if (stamp.number > plan_.warm_up) latencies_ns_.push_back(arrived_ns - stamp.intended_ns);
    }

    std::uint64_t out_of_order() const { return out_of_order_; }
    std::vector<std::int64_t> latencies_ns() const { return latencies_ns_; }

    std::atomic<bool> is_up = false;
    std::atomic<std::uint64_t> distinct = 0;

  private:
    const Plan& plan_;
    std::vector<char> seen_;
    std::vector<std::uint64_t> last_of_key_;
    std::uint64_t out_of_order_ = 0;
    std::vector<std::int64_t> latencies_ns_;
};

/** Asks until a message has come through; false when none does. */
bool wait_until_up(bench::Writer& writer, const Plan& plan, const Arrivals& arrivals) {
    std::string payload;
    const std::int64_t limit = now_ns() + kPatience;
    while (!arrivals.is_up && now_ns() < limit && test::stop_requested == 0) {
        Stamp{0, now_ns()}.write(payload, plan.size);
        writer.publish(payload, plan.key(0));
        sleep_until(now_ns() + kSecond / 10);
        writer.take_confirms([](std::uint64_t) {});
    }
    return arrivals.is_up;
}

/** Sends all at their moments; returns by how much each was late. */
std::vector<std::int64_t> send_all(bench::Writer& writer, const Plan& plan) {
    ::prctl(PR_SET_TIMERSLACK, 1);
    std::vector<std::int64_t> late_ns;
    std::string payload;
    const std::int64_t begin = now_ns() + kSecond / 10;
    for (std::uint64_t number = 1; number <= plan.total && test::stop_requested == 0; ++number) {
        const std::int64_t intended =
            begin + static_cast<std::int64_t>(number) * kSecond / static_cast<std::int64_t>(plan.rate);
        Stamp{number, intended}.write(payload, plan.size);
        sleep_until(intended);
        if (number > plan.warm_up) late_ns.push_back(now_ns() - intended);
        writer.publish(payload, plan.key(number));
        writer.take_confirms([](std::uint64_t) {});
    }
    return late_ns;
}

void wait_for_the_last(bench::Writer& writer, const Plan& plan, const Arrivals& arrivals) {
    const std::int64_t limit = now_ns() + kPatience;
    while (arrivals.distinct < plan.total && now_ns() < limit && test::stop_requested == 0) {
        writer.take_confirms([](std::uint64_t) {});
        sleep_until(now_ns() + kSecond / 100);
    }
}

/** `{"p50": 480.1, ...}`, microseconds. */
std::string percentiles(std::vector<std::int64_t> all_ns) {
    std::sort(all_ns.begin(), all_ns.end());
    const auto at = [&](double part) {
        const auto index = static_cast<std::size_t>(part * static_cast<double>(all_ns.size()));
        return all_ns.empty() ? 0.0 : static_cast<double>(all_ns[std::min(index, all_ns.size() - 1)]) / 1e3;
    };
    const auto field = [&](const char* name, double part) {
        return std::string("\"") + name + "\": " + std::to_string(at(part));
    };
    return "{" + field("p50", 0.5) + ", " + field("p90", 0.9) + ", " + field("p99", 0.99) + ", " +
           field("p999", 0.999) + ", " + field("max", 1) + "}";
}

void print(const Plan& plan, std::uint64_t missing, std::uint64_t out_of_order,
           const std::vector<std::int64_t>& latencies_ns, const std::vector<std::int64_t>& late_ns) {
    std::cout << "{\"sent\": " << plan.total << ", \"missing\": " << missing << ", \"out_of_order\": " << out_of_order
              << ", \"latency_us\": " << percentiles(latencies_ns) << ", \"sent_late_us\": " << percentiles(late_ns)
              << ", \"latencies_ns\": [";
    for (std::size_t i = 0; i < latencies_ns.size(); ++i) std::cout << (i > 0 ? "," : "") << latencies_ns[i];
    std::cout << "]}" << std::endl;
}

/** Waits for confirmations until it is time, and takes them. */
void take_until(bench::Writer& writer, std::int64_t ns, const bench::Writer::Confirmed& confirmed) {
    for (std::int64_t left = ns - now_ns(); left > 0 && test::stop_requested == 0; left = ns - now_ns()) {
        pollfd wanted{writer.fd(), POLLIN, 0};
        const timespec limit{left / kSecond, left % kSecond};
        if (::ppoll(&wanted, 1, &limit, nullptr) > 0) writer.take_confirms(confirmed);
    }
}

/** From when each was to be sent to its confirmation. */
int run_confirmed(const test::Arguments& arguments) {
    const Plan plan(arguments);
    const auto writer = bench::make_writer(arguments);
    ::prctl(PR_SET_TIMERSLACK, 1);
    std::vector<std::int64_t> intended_ns(plan.total + 1), confirmed_ns(plan.total + 1), late_ns, latencies_ns;
    std::uint64_t confirmed = 0;
    const auto take = [&](std::uint64_t number) {
        if (number > plan.total || confirmed_ns[number] != 0) return;
        confirmed_ns[number] = now_ns();
        ++confirmed;
    };
    std::string payload;
    const std::int64_t begin = now_ns() + kSecond / 10;
    for (std::uint64_t number = 0; number <= plan.total && test::stop_requested == 0; ++number) {
        intended_ns[number] =
            begin + static_cast<std::int64_t>(number) * kSecond / static_cast<std::int64_t>(plan.rate);
        Stamp{number, intended_ns[number]}.write(payload, plan.size);
        take_until(*writer, intended_ns[number], take);
        if (number > plan.warm_up) late_ns.push_back(now_ns() - intended_ns[number]);
        writer->publish(payload, plan.key(number));
    }
    const std::int64_t limit = now_ns() + kPatience;
    while (confirmed <= plan.total && now_ns() < limit && test::stop_requested == 0)
        take_until(*writer, now_ns() + kSecond / 100, take);
    for (std::uint64_t number = plan.warm_up + 1; number <= plan.total; ++number) {
        if (confirmed_ns[number] != 0) latencies_ns.push_back(confirmed_ns[number] - intended_ns[number]);
    }
    print(plan, plan.total + 1 - confirmed, 0, latencies_ns, late_ns);
    return confirmed > plan.total ? 0 : 1;
}

int run(const test::Arguments& arguments) {
    const Plan plan(arguments);
    Arrivals arrivals(plan);
    const auto reader = bench::make_reader(arguments);
    const auto writer = bench::make_writer(arguments);
    std::atomic<bool> is_done = false;
    std::thread reading([&] {
        while (!is_done) reader->read([&](std::string_view payload) { arrivals.add(payload); });
    });
    const bool is_up = wait_until_up(*writer, plan, arrivals);
    const auto late_ns = is_up ? send_all(*writer, plan) : std::vector<std::int64_t>{};
    if (is_up) wait_for_the_last(*writer, plan, arrivals);
    is_done = true;
    reading.join();
    if (!is_up) std::cerr << "nothing comes through" << std::endl;
    if (!is_up) return 1;
    print(plan, plan.total - arrivals.distinct, arrivals.out_of_order(), arrivals.latencies_ns(), late_ns);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const test::Arguments arguments(argc, argv, kUsage);
    test::stop_on_signals();
    try {
        return arguments.text("to") == "confirmed" ? run_confirmed(arguments) : run(arguments);
    } catch (const std::exception& failure) {
        std::cerr << "probe: " << failure.what() << std::endl;
        return 1;
    }
}
