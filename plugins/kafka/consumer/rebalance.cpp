#include "consumer/rebalance.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace kafka {
namespace {

constexpr int kQueryPatience = 5000;  // ms
constexpr int kPatienceEach = 5;      // ms more for each partition: librdkafka looks for each among all its topics
constexpr std::chrono::milliseconds kResolveAgain{500};

std::string words(const char* what, rd_kafka_resp_err_t error) {
    return std::string(what) + ": " + rd_kafka_err2str(error);
}

// Fills in where each partition begins: the committed offset, else `start`, which is committed first, because a kill
// before the first commit would otherwise skip what came meanwhile. Blocks. Returns why not, or "".
std::string find_positions(rd_kafka_t* client, rd_kafka_topic_partition_list_t* list, bool latest, bool commit) {
    const int patience = kQueryPatience + list->cnt * kPatienceEach;
    if (const auto error = rd_kafka_committed(client, list, patience)) {
        return words("the group's offsets cannot be read", error);
    }
    const PartitionList fresh = make_list();
    std::vector<int> places;  // of those in `fresh` in `list`
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& p = list->elems[i];
        if (p.err) return words("the group's offsets cannot be read", p.err);
        if (p.offset >= 0) continue;
        rd_kafka_topic_partition_list_add(fresh.get(), p.topic, p.partition)->offset =
            latest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
        places.push_back(i);
    }
    if (fresh->cnt == 0) return "";
    if (const auto error = rd_kafka_offsets_for_times(client, fresh.get(), patience)) {
        return words("the ends of the log cannot be read", error);
    }
    for (int i = 0; i < fresh->cnt; ++i) {
        const rd_kafka_topic_partition_t& p = fresh->elems[i];
        if (p.err || p.offset < 0) return words("the ends of the log cannot be read", p.err);
        list->elems[places[static_cast<size_t>(i)]].offset = p.offset;  // both lists keep their order
    }
    if (!commit) return "";
    if (const auto error = rd_kafka_commit(client, fresh.get(), 0)) {
        return words("the start position cannot be committed", error);
    }
    return "";
}

}  // namespace

struct Rebalance::Resolution {
    PartitionList list;
    std::string problem;
};

void Rebalance::event(rd_kafka_event_t* event) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
    switch (rd_kafka_event_error(event)) {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            assigned(list);
            break;
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            revoked(list);
            break;
        default:
            services_.log_warning(words("rebalance failed", rd_kafka_event_error(event)));
            rd_kafka_assign(consumer_.client(), nullptr);
    }
}

void Rebalance::assigned(rd_kafka_topic_partition_list_t* list) {
    consumer_.has_joined = true;
    if (list->cnt == 0) {
        report(rd_kafka_incremental_assign(consumer_.client(), list), "assign");
        owner_.assignment_changed(consumer_.partitions.size());
        return;
    }
    coming_.reset(rd_kafka_topic_partition_list_copy(list));
    for (int i = 0; i < list->cnt; ++i) {
        consumer_.partitions.push_back(std::make_unique<Partition>(consumer_.client(), list->elems[i].topic,
                                                                   list->elems[i].partition, owner_.take_window(),
                                                                   ++serial_, consumer_.arrivals()));
    }
    resolve();
}

void Rebalance::resolve() {
    question_ = std::make_shared<const char>();
    auto resolution = std::make_shared<Resolution>();
    resolution->list.reset(rd_kafka_topic_partition_list_copy(coming_.get()));
    consumer_.worker().run(
        [resolution, client = consumer_.client(), rules = rules_] {
            resolution->problem = find_positions(client, resolution->list.get(), rules.latest, !rules.never_commit);
        },
        [this, resolution, question = std::weak_ptr(question_)] {
            if (!question.expired()) resolved(*resolution);
        });
}

void Rebalance::resolved(const Resolution& resolution) {
    if (!resolution.problem.empty()) {
        if (!has_complained_) services_.log_warning(resolution.problem + "; trying again");
        if (!has_complained_) failing_since_ns_ = services_.host->now_ns();
        has_complained_ = true;
        retry_timer_ = services_.after(
            kResolveAgain,
            [](void* self) {
                auto* rebalance = static_cast<Rebalance*>(self);
                rebalance->retry_timer_ = 0;
                if (rebalance->coming_) rebalance->resolve();
            },
            this);
        return;
    }
    has_complained_ = false;
    failing_since_ns_ = 0;
    coming_.reset();
    const int64_t now = services_.host->now_ns();
    for (int i = 0; i < resolution.list->cnt; ++i) {
        const rd_kafka_topic_partition_t& p = resolution.list->elems[i];
        Partition* partition = find(p);
        if (!partition) continue;
        partition->state = Partition::State::reading;
        partition->start_offset = p.offset;
        partition->last_fetch_ns = now;
    }
    report(rd_kafka_incremental_assign(consumer_.client(), resolution.list.get()), "assign");
    owner_.assignment_changed(consumer_.partitions.size());
}

void Rebalance::revoked(rd_kafka_topic_partition_list_t* list) {
    if (coming_) {  // not read yet: nothing to drain
        services_.cancel(retry_timer_);
        question_.reset();
        has_complained_ = false;
        failing_since_ns_ = 0;
        const PartitionList never_read = std::move(coming_);
        remove(*never_read);
    }
    going_.reset(rd_kafka_topic_partition_list_copy(list));
    deadline_ns_ = services_.host->now_ns() + rules_.drain_ns;
    for (int i = 0; i < list->cnt; ++i) {
        if (Partition* partition = find(list->elems[i])) partition->state = Partition::State::revoking;
    }
    if (!rd_kafka_assignment_lost(consumer_.client())) commits_.now(consumer_.partitions);
    progress();
}

void Rebalance::progress() {
    if (!going_) return;
    const bool lost = rd_kafka_assignment_lost(consumer_.client()) != 0;
    const bool is_late = services_.host->now_ns() >= deadline_ns_;
    const bool drained =
        std::all_of(consumer_.partitions.begin(), consumer_.partitions.end(), [](const auto& partition) {
            return partition->state != Partition::State::revoking ||
                   (partition->is_drained() && partition->committed == partition->landed());
        });
    if (drained || lost || is_late) complete_revocation();
}

void Rebalance::complete_revocation() {
    const PartitionList list = std::move(going_);
    remove(*list);
    report(rd_kafka_incremental_unassign(consumer_.client(), list.get()), "unassign");
    owner_.assignment_changed(consumer_.partitions.size());
}

// Lists come in the order of our partitions: each is looked for from behind the one found last.
Partition* Rebalance::find(const rd_kafka_topic_partition_t& what) {
    const Partitions& all = consumer_.partitions;
    for (size_t n = 0; n < all.size(); ++n) {
        const size_t place = (found_ + n) % all.size();
        if (all[place]->number() != what.partition || all[place]->topic() != what.topic) continue;
        found_ = place + 1;
        return all[place].get();
    }
    return nullptr;
}

void Rebalance::remove(const rd_kafka_topic_partition_list_t& list) {
    for (int i = 0; i < list.cnt; ++i) {
        Partition* partition = find(list.elems[i]);
        if (!partition) continue;
        owner_.give_back(*partition);
        std::erase_if(consumer_.partitions, [&](const auto& p) { return p.get() == partition; });
        --found_;
    }
}

void Rebalance::report(rd_kafka_error_t* error, const char* what) {
    if (!error) return;
    services_.log_warning(std::string(what) + ": " + rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

}  // namespace kafka
