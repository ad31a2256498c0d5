#include "source.hpp"

#include <algorithm>
#include <chrono>

#include "consumer/faults.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr size_t kTurn = 2048;  // messages emitted before other work of the shard has its turn
constexpr auto kConnectAgain = 5s;
constexpr auto kClosePatience = 8s;                // less than the host's 10 s; then the client is left to itself
constexpr int64_t kWatchInterval = 1'000'000'000;  // ns

}  // namespace

Source::Source(const Connection& connection, SourceOptions options, const leat::Setup& setup)
    : connection_(connection),
      options_(std::move(options)),
      group_(options_.group.value_or("leat." + std::string(setup.identity->route))),
      host_(setup.services),
      health_([this](uint32_t state, std::string_view why, int64_t next_attempt_ns) {
          host_.host->state(host_.me, state, leat::bytes(why), next_attempt_ns);
      }),
      commits_(setup.services, std::chrono::nanoseconds(options_.commit_interval).count(),
               (setup.identity->flags & LEAT_IDENTITY_NO_COMMIT) != 0) {}

void Source::start() {
    is_stopping_ = false;
    is_asking_ = false;  // an answer to the life before comes no more
    is_nudging_ = false;
    connect();
    tick();
}

void Source::connect() {
    health_.connecting("connecting to " + connection_.brokers);
    told_partitions_ = SIZE_MAX;
    try {
        const Secrets secrets = Secrets::read(connection_, host_);
        password_ = secrets.password;
        consumer_ = std::make_unique<Consumer>(
            host_, consumer_conf(connection_, options_, group_, secrets),
            [](void* self) { static_cast<Source*>(self)->woken(); }, this);
    } catch (const std::exception& e) {
        host_.down(e.what(), kConnectAgain);
        host_.after(
            kConnectAgain,
            [](void* self) {
                auto* source = static_cast<Source*>(self);
                if (!source->consumer_ && !source->is_stopping_) source->connect();
            },
            this);
        return;
    }
    commits_.attach(consumer_->client(), consumer_->events());
    const bool never = (identity().flags & LEAT_IDENTITY_NO_COMMIT) != 0;
    Rebalance::Owner& assignments = *this;
    rebalance_ =
        std::make_unique<Rebalance>(host_, *consumer_, commits_, assignments,
                                    Rebalance::Rules{options_.start == "latest", never,
                                                     std::chrono::nanoseconds(options_.session_timeout).count() / 2});
    subscribe();
}

void Source::subscribe() {
    const PartitionList topics = make_list(options_.topics.size());
    for (const std::string& topic : options_.topics) {
        rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    if (const auto error = rd_kafka_subscribe(consumer_->client(), topics.get())) {
        fail(std::string("cannot subscribe: ") + rd_kafka_err2str(error));
    }
}

void Source::disconnect(Worker::Job then) {
    PartitionList last = commits_.outstanding(consumer_->partitions);
    commits_.attach(nullptr, nullptr);
    rebalance_.reset();
    for (const auto& partition : consumer_->partitions) give_back(*partition);
    consumer_->close(std::move(last), std::move(then));
}

void Source::rebuild(const std::string& why) {
    host_.log_warning(why + "; making a new client");
    watchdog_.rebuilt(host_.host->now_ns());
    disconnect(nullptr);
    consumer_.reset();
    is_asking_ = false;
    is_nudging_ = false;
    connect();
}

void Source::stop() {
    is_stopping_ = true;
    host_.cancel(timer_);
    if (!consumer_) return stopped();
    const auto end = [](void* self) {
        auto* source = static_cast<Source*>(self);
        source->host_.cancel(source->timer_);
        source->consumer_.reset();
        source->stopped();
    };
    timer_ = host_.after(kClosePatience, end, this);
    disconnect([this, end] { end(this); });
}

leat::InFlight& Source::take_window() {
    if (spare_windows_.empty()) {
        by_domain_.push_back(nullptr);
        is_active_.push_back(false);
        return open_window(true);
    }
    leat::InFlight* window = spare_windows_.back();
    spare_windows_.pop_back();
    return *window;
}

void Source::give_back(Partition& partition) {
    leat::InFlight& window = partition.window();
    const bool lanes_are_partitions = (identity().flags & LEAT_IDENTITY_LANES_MAPPED) == 0;
    if (!partition.is_drained() && lanes_are_partitions && !is_stopping_) {
        next().signal(&next(), LEAT_SIGNAL_ABANDON_LANE, partition.lane());
    }
    by_domain_[window.domain()] = nullptr;
    forget(window);
    spare_windows_.push_back(&window);
}

void Source::assignment_changed(size_t partitions) {
    std::fill(by_domain_.begin(), by_domain_.end(), nullptr);
    for (const auto& partition : consumer_->partitions) by_domain_[partition->window().domain()] = partition.get();
    activate_all();
    if (partitions) missing_topics_.clear();
    health_.alive();
    if (partitions != told_partitions_) {
        told_partitions_ = partitions;
        host_.log_info("group " + group_ + ": reading " + std::to_string(partitions) +
                       (partitions == 1 ? " partition" : " partitions"));
    }
    wake();
}

void Source::woken() {
    if (is_stopping_ || !consumer_) return;
    consumer_->arrivals().take([this](uint32_t domain) {
        Partition* partition = reading(domain);
        if (!partition) return;  // resolving: assignment_changed() looks at it
        partition->may_have_more = true;
        activate(domain);
    });
    resume();
}

void Source::activate(uint32_t domain) {
    if (is_active_[domain]) return;
    is_active_[domain] = true;
    active_.push_back(domain);
}

void Source::activate_all() {
    for (const auto& partition : consumer_->partitions) {
        if (partition->has_ready() || partition->may_have_more) activate(partition->window().domain());
    }
}

void Source::resume() {
    if (is_stopping_ || !consumer_) return;
    serve_events();
    if (!consumer_) return;  // given up meanwhile
    rebalance_->progress();
    if (emitting()) pump();
    if (!failure_.empty()) host_.failed(std::exchange(failure_, std::string()));
}

void Source::advanced(leat::InFlight& window) {
    Partition* partition = reading(window.domain());
    if (!partition || !consumer_) return;
    commits_.advanced(*partition, consumer_->partitions);
    if (partition->has_ready() || partition->may_have_more) activate(window.domain());  // credit may have come
}

void Source::pump() {
    if (!is_nudging_ && !much_taken_.empty()) nudge();
    size_t budget = kTurn;
    const int64_t now = host_.host->now_ns();
    while (pump_round(budget, now)) {
        if (budget == 0) return wake();
    }
}

// One batch of each partition that has messages and credit. False: none had.
bool Source::pump_round(size_t& budget, int64_t now_ns) {
    leat_message batch[LEAT_BATCH_MAX];  // not cleared: filled in field by field
    const size_t before = budget;
    round_.swap(active_);  // what becomes active meanwhile has its turn in the next round
    size_t next = 0;
    for (; next < round_.size() && budget > 0; ++next) {
        const uint32_t domain = round_[next];
        is_active_[domain] = false;
        Partition* partition = reading(domain);
        if (partition && pump_one(*partition, batch, budget, now_ns)) activate(domain);
    }
    active_.insert(active_.begin(), round_.begin() + static_cast<std::ptrdiff_t>(next), round_.end());
    round_.clear();
    return budget < before;
}

// False: nothing more comes of it before messages do, or credit.
bool Source::pump_one(Partition& partition, leat_message* batch, size_t& budget, int64_t now_ns) {
    if (partition.state != Partition::State::reading || partition.window().credit() == 0) return false;
    if (!partition.has_ready()) {
        if (!partition.may_have_more) return false;
        const auto failed = [&](auto& record) { return record_error(partition, record); };
        if (!partition.fetch(consumer_->pool(), failed)) return false;
        partition.last_fetch_ns = now_ns;
        const uint32_t domain = partition.window().domain();
        const bool is_noted = std::find(much_taken_.begin(), much_taken_.end(), domain) != much_taken_.end();
        if (!is_noted && partition.has_taken_much(consumer_->ahead())) much_taken_.push_back(domain);
    }
    const size_t n = partition.ready(batch, std::min<size_t>(budget, LEAT_BATCH_MAX));
    if (n == 0) return false;
    budget -= n;
    emit(partition.window(), batch, n);
    return true;
}

void Source::serve_events() {
    while (consumer_) {
        rd_kafka_event_t* event = rd_kafka_queue_poll(consumer_->events(), 0);
        if (!event) return;
        serve(event);
        rd_kafka_event_destroy(event);
    }
}

void Source::serve(rd_kafka_event_t* event) {
    switch (rd_kafka_event_type(event)) {
        case RD_KAFKA_EVENT_REBALANCE:
            rebalance_->event(event);
            break;
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            commits_.result(event, consumer_->partitions);
            set_buffer_bytes(0);  // counts again: what is confirmed no longer belongs to the span
            activate_all();       // credit has come
            break;
        case RD_KAFKA_EVENT_STATS:
            if (!missing_topics_.empty()) break;
            health_.statistics(rd_kafka_event_stats(event),
                               consumer_->has_joined ? "" : "waits for partitions of group " + group_);
            break;
        case RD_KAFKA_EVENT_LOG:
            log_event(host_, event);
            break;
        case RD_KAFKA_EVENT_ERROR:
            trouble(rd_kafka_event_error(event), rd_kafka_event_error_string(event));
            break;
        default:
            break;
    }
}

void Source::trouble(rd_kafka_resp_err_t code, const std::string& text) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__FATAL: {
            char why[512] = "";
            const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(consumer_->client(), why, sizeof why);
            if (cause == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
                fail("another process has joined group " + group_ + " with the same \"instance\": give each its own");
            } else {
                fail(why);
            }
            return;
        }
        case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
            fail("the broker does not allow this \"session_timeout\" (its group.min.session.timeout.ms): " + text);
            return;
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
            if (missing_topics_ != text) health_.connecting(text);
            if (missing_topics_ != text) host_.log_warning(text + "; waiting for it");
            missing_topics_ = text;
            return;
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
            renew_password(consumer_->client(), connection_, host_, password_);
            break;
        default:
            break;
    }
    health_.error(code, text);
}

// False: nothing behind it may be emitted.
bool Source::record_error(Partition& partition, const rd_kafka_message_t& record) {
    const std::string where = partition.name();
    std::string why = fault_of(consumer_->client(), record, where, group_);
    if (why.empty()) {
        host_.log_warning(where + ": " + rd_kafka_message_errstr(&record));
        return true;
    }
    failure_ = std::move(why);
    partition.state = Partition::State::failed;
    return false;
}

void Source::tick() {
    timer_ = 0;
    if (is_stopping_) return;
    if (consumer_) {
        // Everything is looked at at least this often: librdkafka leaves the group where its events are not polled
        // (max.poll.interval.ms).
        for (const auto& partition : consumer_->partitions) partition->may_have_more = true;
        activate_all();
        woken();
        commits_.tick(consumer_->partitions);
        const int64_t now = host_.host->now_ns();
        if (now >= next_watch_ns_) {
            next_watch_ns_ = now + kWatchInterval;
            watch(now);
        }
    }
    const auto interval = std::clamp<std::chrono::milliseconds>(options_.commit_interval, 1ms, 1s);
    timer_ = host_.after(
        interval, [](void* self) { static_cast<Source*>(self)->tick(); }, this);
}

}  // namespace kafka
