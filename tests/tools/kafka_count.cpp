// Watches how many records a Kafka topic has, without reading them: one line `SECONDS COUNT` for each change.
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/stop.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: kafka_count --brokers LIST --topic T --partitions N [--until COUNT] [--limit SECONDS]\n"
    "SECONDS are of the monotonic clock. Ends at COUNT records (code 0), or after the limit (code 1).";

std::int64_t count_records(rd_kafka_t* client, const std::string& topic, std::int32_t partitions) {
    std::int64_t sum = 0;
    for (std::int32_t i = 0; i < partitions; ++i) {
        std::int64_t low = 0;
        std::int64_t high = 0;
        if (rd_kafka_query_watermark_offsets(client, topic.c_str(), i, &low, &high, 1000) ==
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            sum += high;
        }
    }
    return sum;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    rd_kafka_t* client = kafka_client(
        RD_KAFKA_CONSUMER,
        kafka_conf({{"bootstrap.servers", arguments.text("brokers")}, {"group.id", "count"}, {"log_level", "0"}}));
    const auto partitions = static_cast<std::int32_t>(arguments.number("partitions", 1));
    const auto until = static_cast<std::int64_t>(arguments.number("until", 0));
    const double end = now() + arguments.real("limit", 600);
    std::int64_t seen = -1;
    while (stop_requested == 0 && now() < end && (until == 0 || seen < until)) {
        const std::int64_t count = count_records(client, arguments.text("topic"), partitions);
        if (count != seen) std::cout << std::fixed << std::setprecision(6) << now() << ' ' << count << std::endl;
        seen = count;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    rd_kafka_destroy(client);
    return until != 0 && seen < until ? 1 : 0;
}
