// What a source asks the cluster beside its messages, off the shard: a nudge for librdkafka, and whether its silence
// is right.
#include <algorithm>

#include "source.hpp"

namespace kafka {
namespace {

constexpr int64_t kAskedCheaply = 1000;  // partitions

}  // namespace

// librdkafka 2.0.2 stops fetching when it is far enough ahead, and then looks again only after a second, or when its
// broker thread has something else to do. So it is given something to do: a query of the ends of the log, whose
// answer nobody needs. Measured without it: 41,000 messages/s of 1 KiB from one partition.
void Source::nudge() {
    PartitionList list;
    for (const uint32_t domain : much_taken_) {
        const Partition* partition = reading(domain);
        if (!partition) continue;
        if (!list) list = make_list();
        rd_kafka_topic_partition_list_add(list.get(), partition->topic().c_str(), partition->number())->offset =
            RD_KAFKA_OFFSET_END;
    }
    much_taken_.clear();
    if (!list) return;
    is_nudging_ = true;
    const auto shared = std::make_shared<PartitionList>(std::move(list));
    consumer_->worker().run(
        [shared, client = consumer_->client()] { rd_kafka_offsets_for_times(client, shared->get(), 1000); },
        [this] { is_nudging_ = false; });
}

void Source::watch(int64_t now_ns) {
    if (!health_.is_up()) return;
    const size_t partitions = consumer_->partitions.size();
    if (watchdog_.is_stuck(commits_.waiting_since_ns(), now_ns, partitions)) {
        return rebuild("a commit is unanswered though the cluster is reached");
    }
    if (rebalance_ && watchdog_.is_stuck(rebalance_->failing_since_ns(), now_ns, partitions)) {
        return rebuild("positions cannot be resolved though the cluster is reached");
    }
    if (is_asking_ || !emitting()) return;
    struct Question {
        std::vector<uint64_t> serials;  // of the partitions in the lists, in their order
        PartitionList ends, positions;
        bool is_answered = false;
    };
    auto question = std::make_shared<Question>();
    for (const auto& partition : consumer_->partitions) {
        if (!Watchdog::is_idle(*partition, now_ns)) continue;
        if (!question->ends) question->ends = make_list();
        rd_kafka_topic_partition_list_add(question->ends.get(), partition->topic().c_str(), partition->number())
            ->offset = RD_KAFKA_OFFSET_END;
        question->serials.push_back(partition->serial());
    }
    if (!question->ends) return;
    is_asking_ = true;
    // What librdkafka needs for an answer grows with the square of their number: some seconds for 10,000.
    const auto asked = static_cast<int64_t>(question->serials.size());
    next_watch_ns_ = now_ns + Watchdog::kIdle * (1 + asked / kAskedCheaply);
    question->positions.reset(rd_kafka_topic_partition_list_copy(question->ends.get()));
    consumer_->worker().run(
        [question, client = consumer_->client(), patience = static_cast<int>(5000 + asked * 5)] {
            question->is_answered = rd_kafka_offsets_for_times(client, question->ends.get(), patience) == 0 &&
                                    rd_kafka_position(client, question->positions.get()) == 0;
        },
        [this, question] {
            is_asking_ = false;
            if (!question->is_answered || !consumer_) return;
            const int64_t now = host_.host->now_ns();
            for (size_t i = 0; i < question->serials.size(); ++i) {  // both lists keep their order
                Partition* partition = find(consumer_->partitions, question->serials[i]);
                const rd_kafka_topic_partition_t& end = question->ends->elems[i];
                const rd_kafka_topic_partition_t& at = question->positions->elems[i];
                if (!partition || end.err) continue;
                const int64_t position = std::max({at.offset, partition->next_offset(), partition->start_offset});
                if (watchdog_.answer(*partition, end.offset, position, now)) {
                    return rebuild(partition->name() + " holds offset " + std::to_string(end.offset) +
                                   " but nothing comes after " + std::to_string(position));
                }
            }
        });
}

}  // namespace kafka
