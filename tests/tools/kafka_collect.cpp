// Reads a whole Kafka topic from its beginning, without a group, and writes down what is in it.
#include <algorithm>
#include <iostream>
#include <set>
#include <vector>

#include "tools/kafka_conf.hpp"
#include "tools/shape_arguments.hpp"
#include "tools/stop.hpp"
#include "tools/tally.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: kafka_collect --brokers LIST --topic T --record FILE [--expect N] [--idle SECONDS]\n"
    "                     [--kind numbered|sensor] [--lanes L] [--size BYTES] [--key 0|1] [--headers 0|1]\n"
    "                     [--show ID]...\n"
    "Ends with SIGTERM; or at the end of all partitions, once N ids were seen or nothing came for so long.\n"
    "--show ID: prints the first record of that message.";

class Collector {
  public:
    explicit Collector(const Arguments& arguments)
        : content_(shape_from(arguments)),
          tally_(arguments.text("record"), arguments.number("expect", 0),
                 std::chrono::duration<double>(arguments.real("idle", 0))),
          check_key_(arguments.number("key", 0) != 0),
          check_headers_(arguments.number("headers", 0) != 0),
          to_show_(ids_from(arguments.list("show"))),
          client_(kafka_client(RD_KAFKA_CONSUMER, kafka_conf({{"bootstrap.servers", arguments.text("brokers")},
                                                              {"group.id", "collector"},
                                                              {"enable.auto.commit", "false"},
                                                              {"auto.offset.reset", "earliest"},
                                                              {"enable.partition.eof", "true"},
                                                              {"fetch.wait.max.ms", "50"},
                                                              {"reconnect.backoff.max.ms", "500"},
                                                              {"log_level", "0"}}))),
          queue_(rd_kafka_queue_get_consumer(client_)) {
        assign(arguments.text("topic"));
    }
    ~Collector() {
        rd_kafka_queue_destroy(queue_);
        rd_kafka_consumer_close(client_);
        rd_kafka_destroy(client_);
    }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    void run() {
        std::vector<rd_kafka_message_t*> batch(1000);
        while (stop_requested == 0 && !complete()) {
            const auto n = rd_kafka_consume_batch_queue(queue_, 100, batch.data(), batch.size());
            for (ssize_t i = 0; i < n; ++i) {
                handle(*batch[static_cast<std::size_t>(i)]);
                rd_kafka_message_destroy(batch[static_cast<std::size_t>(i)]);
            }
            tally_.flush();
        }
        std::cout << tally_.summary() << std::endl;
    }

  private:
    static std::set<std::uint64_t> ids_from(const std::vector<std::string>& words) {
        std::set<std::uint64_t> ids;
        for (const auto& word : words) ids.insert(std::strtoull(word.c_str(), nullptr, 10));
        return ids;
    }

    void assign(const std::string& topic) {
        rd_kafka_topic_t* handle = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
        while (partitions_ == 0 && stop_requested == 0) {
            const rd_kafka_metadata_t* metadata = nullptr;
            if (rd_kafka_metadata(client_, 0, handle, &metadata, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
            if (metadata->topic_cnt == 1) partitions_ = metadata->topics[0].partition_cnt;
            rd_kafka_metadata_destroy(metadata);
        }
        rd_kafka_topic_destroy(handle);
        rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions_);
        for (int i = 0; i < partitions_; ++i) {
            rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
        }
        rd_kafka_assign(client_, list);
        rd_kafka_topic_partition_list_destroy(list);
    }

    bool complete() const {
        return (tally_.has_expected() || tally_.is_idle()) && ended_.size() == static_cast<std::size_t>(partitions_);
    }

    void handle(const rd_kafka_message_t& message) {
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended_.insert(message.partition);
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
        ended_.erase(message.partition);
        Content::Arrival arrival{.payload = {static_cast<const char*>(message.payload), message.len},
                                 .check_key = check_key_,
                                 .key = {static_cast<const char*>(message.key), message.key_len},
                                 .check_headers = check_headers_};
        if (check_headers_) {
            arrival.header_n = header(message, "n");
            arrival.header_trace = header(message, "trace");
        }
        const Record record = content_.inspect(arrival);
        tally_.add(record);
        if (to_show_.erase(record.id) > 0) {
            std::cout << rd_kafka_topic_name(message.rkt) << '[' << message.partition << "] key " << arrival.key
                      << ' ' << arrival.payload << std::endl;
        }
    }

    static std::string_view header(const rd_kafka_message_t& message, const char* name) {
        rd_kafka_headers_t* headers = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
            rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return {};
        }
        return {static_cast<const char*>(value), size};
    }

    Content content_;
    Tally tally_;
    bool check_key_;
    bool check_headers_;
    std::set<std::uint64_t> to_show_;
    rd_kafka_t* client_;
    rd_kafka_queue_t* queue_;
    int partitions_ = 0;
    std::set<std::int32_t> ended_;
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    stop_on_signals();
    Collector(arguments).run();
    return 0;
}
