// Watches how many messages of a topic a consumer group has committed: one line `SECONDS COUNT` for each change.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/stop.hpp"

namespace {

using namespace leat::test;

constexpr std::string_view kUsage =
    "usage: kafka_committed --brokers LIST --topic T --group G --partitions N --until COUNT [--limit SECONDS]\n"
    "SECONDS are of the monotonic clock. Code 1 when the limit has passed before.";

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/** Asks for a group's offsets without joining it. [one thread] */
class Group {
  public:
    explicit Group(const Arguments& arguments)
        : client_(kafka_client(RD_KAFKA_CONSUMER, kafka_conf({{"bootstrap.servers", arguments.text("brokers")},
                                                              {"group.id", arguments.text("group")},
                                                              {"log_level", "0"}}))),
          offsets_(rd_kafka_topic_partition_list_new(4)) {
        for (std::uint64_t i = 0; i < arguments.number("partitions", 1); ++i)
            rd_kafka_topic_partition_list_add(offsets_, arguments.text("topic").c_str(), static_cast<int>(i));
    }
    ~Group() {
        rd_kafka_topic_partition_list_destroy(offsets_);
        rd_kafka_destroy(client_);
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /** Of all partitions; what could not be asked counts as nothing. */
    std::uint64_t committed() {
        if (rd_kafka_committed(client_, offsets_, 5000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
        std::uint64_t sum = 0;
        for (int i = 0; i < offsets_->cnt; ++i) {
            const auto& found = offsets_->elems[i];
            if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.offset > 0)
                sum += static_cast<std::uint64_t>(found.offset);
        }
        return sum;
    }

  private:
    rd_kafka_t* client_;
    rd_kafka_topic_partition_list_t* offsets_;
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    Group group(arguments);
    const std::uint64_t until = arguments.number("until", 0);
    const double end = now() + arguments.real("limit", 120);
    std::uint64_t seen = 0;
    while (stop_requested == 0 && now() < end && seen < until) {
        const std::uint64_t count = group.committed();
        if (count > seen) std::cout << std::fixed << std::setprecision(6) << now() << ' ' << count << std::endl;
        seen = std::max(seen, count);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the sampling step
    }
    return seen < until ? 1 : 0;
}
