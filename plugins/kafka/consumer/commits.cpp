#include "consumer/commits.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kafka {
namespace {

using Name = std::pair<std::string, int32_t>;  // of a partition

std::set<Name> refused_by(const rd_kafka_topic_partition_list_t* answers) {
    std::set<Name> refused;
    for (int i = 0; answers && i < answers->cnt; ++i) {
        if (answers->elems[i].err) refused.insert({answers->elems[i].topic, answers->elems[i].partition});
    }
    return refused;
}

}  // namespace

Partition* find(const Partitions& all, uint64_t serial) {
    const auto at = std::lower_bound(all.begin(), all.end(), serial,
                                     [](const auto& partition, uint64_t s) { return partition->serial() < s; });
    return at != all.end() && (*at)->serial() == serial ? at->get() : nullptr;
}

void Commits::attach(rd_kafka_t* client, rd_kafka_queue_t* answers) {
    client_ = client;
    answers_ = answers;
    is_waiting_ = false;
    is_wanted_ = false;
    sent_.clear();
    sent_ns_ = services_.host->now_ns();
}

void Commits::advanced(Partition& partition, const Partitions& all) {
    if (never_) {
        if (partition.landed() > partition.committed) (void)partition.commit_offset();  // forgets what has landed
        partition.committed = partition.committing = partition.landed();
        partition.window().confirm(partition.committed);
        return;
    }
    const uint64_t landed = partition.landed() - partition.committing;  // no commit under way counts it
    if (landed == 0) return;
    const bool is_due = landed >= std::max<uint64_t>(partition.window().max_messages() / 2, 1) ||
                        partition.window().bytes() >= partition.window().max_bytes() ||
                        partition.state == Partition::State::revoking;
    if (is_due) now(all);
}

void Commits::tick(const Partitions& all) {
    if (is_waiting_ || services_.host->now_ns() - sent_ns_ < interval_ns_) return;
    now(all);
}

PartitionList Commits::outstanding(const Partitions& all) const {
    if (never_) return nullptr;
    PartitionList list;
    for (const auto& partition : all) {
        if (partition->landed() <= partition->committed) continue;
        if (!list) list = make_list(all.size());
        rd_kafka_topic_partition_list_add(list.get(), partition->topic().c_str(), partition->number())->offset =
            partition->commit_offset();
    }
    return list;
}

void Commits::now(const Partitions& all) {
    if (!client_) return;
    is_wanted_ = is_waiting_;
    if (is_waiting_) return;
    const PartitionList list = outstanding(all);
    if (!list) return;
    sent_ns_ = services_.host->now_ns();
    is_waiting_ = rd_kafka_commit_queue(client_, list.get(), answers_, nullptr, nullptr) == 0;
    if (!is_waiting_) return;
    for (const auto& partition : all) {
        if (partition->landed() <= partition->committed) continue;
        partition->committing = partition->landed();
        sent_.push_back({partition->serial(), partition->landed()});
    }
}

void Commits::result(rd_kafka_event_t* event, const Partitions& all) {
    if (!is_waiting_) return;
    is_waiting_ = false;
    const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    const bool failed = error && error != RD_KAFKA_RESP_ERR__NO_OFFSET;
    if (failed) services_.log_debug(std::string("commit failed, tried again: ") + rd_kafka_err2str(error));
    const std::set<Name> refused = refused_by(rd_kafka_event_topic_partition_list(event));
    for (const Sent& sent : sent_) {
        Partition* partition = find(all, sent.serial);
        if (!partition) continue;
        if (!failed && !refused.contains({partition->topic(), partition->number()})) {
            partition->committed = std::max(partition->committed, sent.sequence);
            partition->window().confirm(partition->committed);
        }
        partition->committing = partition->committed;
    }
    sent_.clear();
    if (is_wanted_ && !error) now(all);
}

}  // namespace kafka
