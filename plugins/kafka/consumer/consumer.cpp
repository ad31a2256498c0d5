#include "consumer/consumer.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace kafka {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kJoinPatience{5};   // for the group's first answer; a rebalance delay is 3 s
constexpr std::chrono::seconds kLeavePatience{3};  // for our partitions to be taken back

// A handle on its way out: destroyed when it is closed and its last record is back, by whoever comes second.
struct Leaving {
    rd_kafka_t* client;
    rd_kafka_queue_t* events;
    bool has_joined;
    std::atomic<int> missing{2};
    bool may_destroy = false;  // written before the close counts as done

    void destroy() {
        rd_kafka_queue_destroy(events);
        if (may_destroy) rd_kafka_destroy(client);
        delete this;
    }
};

size_t assigned(rd_kafka_t* client) {
    rd_kafka_topic_partition_list_t* list = nullptr;
    if (rd_kafka_assignment(client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    const PartitionList owned(list);
    return static_cast<size_t>(list->cnt);
}

// Answers the group for a consumer that is leaving.
void serve(Leaving& leaving, std::chrono::milliseconds wait) {
    rd_kafka_event_t* event = rd_kafka_queue_poll(leaving.events, static_cast<int>(wait.count()));
    if (!event) return;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
        rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
        const bool assign = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if (assign) leaving.has_joined = true;
        rd_kafka_error_t* error = assign ? rd_kafka_incremental_assign(leaving.client, list)
                                         : rd_kafka_incremental_unassign(leaving.client, list);
        if (error) rd_kafka_error_destroy(error);
    }
    rd_kafka_event_destroy(event);
}

// Blocks; on the worker's thread.
void leave(Leaving& leaving, const PartitionList& offsets) {
    if (offsets) rd_kafka_commit(leaving.client, offsets.get(), 0);
    const auto join_end = Clock::now() + kJoinPatience;
    while (!leaving.has_joined && Clock::now() < join_end) serve(leaving, std::chrono::milliseconds(50));
    if (!leaving.has_joined) return;  // cannot be closed: its threads go with the process
    rd_kafka_unsubscribe(leaving.client);
    const auto leave_end = Clock::now() + kLeavePatience;
    do {
        serve(leaving, std::chrono::milliseconds(20));
    } while (assigned(leaving.client) > 0 && Clock::now() < leave_end);
    rd_kafka_consumer_close(leaving.client);
    leaving.may_destroy = true;
}

}  // namespace

Consumer::Consumer(leat::Services services, Conf conf, Wakeup::Call woken, void* arg)
    : services_(services),
      ahead_(Ahead::of(conf)),
      wakeup_(std::make_unique<Wakeup>(services, woken, arg)),
      arrivals_(*wakeup_) {
    client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(client_);  // one queue for all events
    events_ = rd_kafka_queue_get_consumer(client_);
    rd_kafka_set_log_queue(client_, events_);
    pool_ = FetchedPool::make();
    worker_ = std::make_unique<Worker>(services);
    wakeup_->attach(events_);
}

Consumer::~Consumer() {
    if (!is_closed_) close(nullptr, nullptr);
}

void Consumer::close(PartitionList offsets, Worker::Job done) {
    is_closed_ = true;
    partitions.clear();
    Wakeup::detach(events_);
    wakeup_.reset();
    auto* leaving = new Leaving{client_, events_, has_joined};
    pool_->abandon(
        [](void* arg) {
            auto* self = static_cast<Leaving*>(arg);
            if (--self->missing == 0) std::thread([self] { self->destroy(); }).detach();
        },
        leaving);
    auto shared = std::make_shared<PartitionList>(std::move(offsets));
    worker_->run(
        [leaving, shared] {
            leave(*leaving, *shared);
            if (--leaving->missing == 0) leaving->destroy();
        },
        std::move(done));
}

}  // namespace kafka
