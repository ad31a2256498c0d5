#include "producer/producer.hpp"

#include <algorithm>
#include <chrono>

#include "producer/delivery.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr size_t kTurn = 8192;       // reports served before other work of the shard has its turn
constexpr size_t kLookAhead = 4096;  // waiting messages whose topics are asked about together
constexpr size_t kAhead = 8;         // reports: by then an entry has left the caches
constexpr auto kConnectAgain = 5s;
constexpr auto kClosePatience = 8s;  // less than the host's 10 s; then the client is left to itself

// Who chooses how long librdkafka lingers has chosen.
bool may_gather(const Connection& connection) {
    return std::none_of(connection.properties.begin(), connection.properties.end(), [](const auto& property) {
        return property.first == "linger.ms" || property.first == "queue.buffering.max.ms";
    });
}

}  // namespace

Producer::Producer(const Connection& connection, const leat::Setup& setup)
    : connection_(connection),
      host_(setup.services),
      health_([this](uint32_t state, std::string_view why, int64_t next) { tell(state, why, next); }),
      gathering_(may_gather(connection)) {}

Producer::~Producer() {
    if (client_) disconnect(nullptr);
}

void Producer::start() {
    is_stopping_ = false;
    is_closing_ = false;
    worker_ = std::make_unique<Worker>(host_);
    health_.connecting("connecting to " + connection_.brokers);
    connect();
}

void Producer::connect() {
    try {
        const Secrets secrets = Secrets::read(connection_, host_);
        password_ = secrets.password;
        Conf conf = producer_conf(connection_, secrets, batch_bytes_);
        batch_bytes_ = conf.number("batch.size");
        if (sends_alone_) conf.set("batch.num.messages", "1");
        client_ = std::make_unique<Client>(
            host_, std::move(conf), [](void* self) { static_cast<Producer*>(self)->woken(); }, this);
    } catch (const std::exception& e) {
        tell(LEAT_STATE_DOWN, e.what(), std::chrono::nanoseconds(kConnectAgain).count());
        return connect_after(std::chrono::nanoseconds(kConnectAgain).count());
    }
    ++generation_;
    // What came before the queue could wake us wakes nobody, and keeps what comes later from doing so.
    host_.defer([](void* self) { static_cast<Producer*>(self)->woken(); }, this);
}

void Producer::connect_after(int64_t pause_ns) {
    timer_ = host_.after(
        std::chrono::nanoseconds(pause_ns),
        [](void* self) {
            auto* producer = static_cast<Producer*>(self);
            producer->timer_ = 0;
            if (producer->is_stopping_ || producer->client_) return;
            producer->connect();
            leat::Settlements done;
            producer->send_waiting(done);
        },
        this);
}

// Everything must have been reported.
void Producer::disconnect(Worker::Job then) {
    ++generation_;
    client_->end(*worker_, std::move(then));
    client_.reset();
}

void Producer::stop() {
    is_stopping_ = true;
    host_.cancel(timer_);
    host_.cancel(gather_timer_);
    if (!client_) return stopped();
    timer_ = host_.after(
        kClosePatience,
        [](void* self) {
            auto* producer = static_cast<Producer*>(self);
            if (producer->client_) producer->client_->abandon();
            producer->worker_ = std::make_unique<Worker>(producer->host_);  // the old one tells nothing any more
            producer->stopped();
        },
        this);
    if (client_->unreported) client_->purge(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    go_on();
}

void Producer::add(Writer& writer) {
    writers_.push_back(&writer);
    health_.repeat([&](uint32_t state, std::string_view why, int64_t next) {
        writer.host().host->state(writer.host().me, state, leat::bytes(why), next);
    });
}

void Producer::tell(uint32_t state, std::string_view why, int64_t next_attempt_ns) {
    host_.host->state(host_.me, state, leat::bytes(why), next_attempt_ns);
    for (Writer* writer : writers_) {
        writer->host().host->state(writer->host().me, state, leat::bytes(why), next_attempt_ns);
    }
}

void Producer::take(Writer& writer, const leat_message& message) {
    Entry& entry = entries_.add();
    entry.message = message;
    entry.writer = &writer;
    entry.sequence = next_sequence_++ & Entry::kSequenceMask;
    entry.in_client = false;
    waiting_.push_back(&entry);
    gathering_.came();
}

void Producer::starved() {
    gathering_.starved();
    leat::Settlements done;
    send_waiting(done);
}

Producer::Sent Producer::send(Entry& entry, leat::Settlements& done) {
    Record record;
    std::string why;
    if (!entry.writer->describe(entry.message, record, why)) {
        end(entry, LEAT_REJECT, why, done);
        return Sent::ended;
    }
    if (!record.topic->is_known()) {
        ask_limits();
        return Sent::no_room;
    }
    if (!record.topic->handle) {
        end(entry, LEAT_REJECT, record.topic->why, done);
        return Sent::ended;
    }
    const rd_kafka_resp_err_t error = client_->produce(entry, record);
    if (!error) return Sent::yes;
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::no_room;
    if (error == RD_KAFKA_RESP_ERR__FATAL || client_->is_broken()) {
        recover();
        return Sent::no_room;
    }
    refuse(entry, error, done);
    return Sent::ended;
}

void Producer::end(Entry& entry, uint32_t outcome, const std::string& why, leat::Settlements& done) {
    const leat_message message = entry.message;
    remove(entry);
    done.end(message, outcome, LEAT_NONE, why);
}

void Producer::refuse(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done) {
    Record record;
    std::string topic;
    if (entry.writer->describe(entry.message, record, topic)) topic = rd_kafka_topic_name(record.topic->handle.get());
    const uint32_t outcome = judge(error) == Verdict::retry ? LEAT_RETRY : LEAT_REJECT;
    end(entry, outcome, explain(error, topic, entry.message), done);
}

void Producer::send_waiting(leat::Settlements& done) {
    if (waiting_.empty() || !client_ || recovery_.is_active()) return;
    const int64_t now = host_.host->now_ns();
    if (gathering_.holds(waiting_.size(), client_->unreported, now)) return gather(now);
    const size_t before = waiting_.size();
    bool is_going_on = true;
    while (is_going_on && !waiting_.empty() && !recovery_.is_active()) {  // hot: per message
        Entry& entry = *waiting_.front();
        waiting_.pop_front();
        is_going_on = send(entry, done) != Sent::no_room;
        if (!is_going_on) waiting_.push_front(&entry);
    }
    gathering_.sent(before - waiting_.size(), now);
}

// Not while stopping: the sinks have stopped before, and what they had waiting went with them.
void Producer::gather(int64_t now_ns) {
    if (gather_timer_) return;
    gather_timer_ = host_.after(
        std::chrono::nanoseconds(gathering_.left_ns(now_ns)),
        [](void* self) {
            auto* producer = static_cast<Producer*>(self);
            producer->gather_timer_ = 0;
            leat::Settlements done;
            producer->send_waiting(done);
        },
        this);
}

void Producer::ask_limits() {
    Topics& topics = client_->topics();
    if (topics.is_asking()) return;
    const size_t looked_at = std::min(waiting_.size(), kLookAhead);
    for (size_t i = 0; i < looked_at && topics.unknown() < Topics::kPortion; ++i) {
        Record record;
        std::string why;
        (void)waiting_[i]->writer->describe(waiting_[i]->message, record, why);  // looks for the topic
    }
    topics.ask(client_->handle(), *worker_, [this](const Topics::Limit& limit) { limits_told(limit); });
}

void Producer::limits_told(const Topics::Limit& limit) {
    if (limit.bytes < batch_bytes_) {
        host_.log_info("topic " + limit.topic + " takes no batch of more than " + std::to_string(limit.bytes) +
                       " bytes (its max.message.bytes or segment.bytes): this producer sends none");
        batch_bytes_ = limit.bytes;
        renew_client(RD_KAFKA_PURGE_F_QUEUE);
        go_on();
    }
    leat::Settlements done;
    send_waiting(done);
}

void Producer::give_up(Writer& writer) {
    std::erase(writers_, &writer);
    std::erase_if(waiting_, [&](const Entry* entry) { return entry->writer == &writer; });
    recovery_.forget(writer);
    leat::Settlements done;
    entries_.for_each([&](Entry& entry) {
        if (entry.writer != &writer) return;
        if (entry.in_client) {  // its bytes are needed until the report
            entry.writer = nullptr;
            done.settle(entry.message.receipt, LEAT_ABANDON);
        } else {
            const leat_message message = entry.message;
            remove(entry);
            done.end(message, LEAT_ABANDON);
        }
    });
}

void Producer::woken() {
    leat::Settlements done;
    for (size_t served = 0; client_ && served < kTurn;) {
        rd_kafka_event_t* event = rd_kafka_queue_poll(client_->events(), 0);
        if (!event) {
            go_on();
            return send_waiting(done);
        }
        served += rd_kafka_event_message_count(event) + 1;
        serve(event, done);
        rd_kafka_event_destroy(event);
        go_on();
        send_waiting(done);
    }
    if (client_) host_.defer([](void* self) { static_cast<Producer*>(self)->woken(); }, this);
}

void Producer::serve(rd_kafka_event_t* event, leat::Settlements& done) {
    switch (rd_kafka_event_type(event)) {
        case RD_KAFKA_EVENT_DR:
            reported(event, done);
            break;
        case RD_KAFKA_EVENT_STATS:
            health_.statistics(rd_kafka_event_stats(event));
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

// One event has the reports of one batch. Its list leads from record to record, and each to its entry: what is landed
// now was asked for a few records ago, so that the loads overlap.
void Producer::reported(rd_kafka_event_t* event, leat::Settlements& done) {
    const bool is_lone = rd_kafka_event_message_count(event) == 1;
    size_t refused_bytes = 0;
    size_t suspects = 0;
    rd_kafka_resp_err_t suspicion = RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_message_t* ahead[kAhead];
    size_t taken = 0;
    size_t ended = 0;
    for (bool is_more = true; is_more || ended < taken;) {  // hot: per message
        const rd_kafka_message_t* next = is_more ? rd_kafka_event_message_next(event) : nullptr;
        is_more = next != nullptr;
        if (next) {
            Entries::prefetch(next->_private);
            ahead[taken++ % kAhead] = next;
        }
        if (ended == taken || (is_more && taken - ended < kAhead)) continue;
        const rd_kafka_message_t& report = *ahead[ended++ % kAhead];
        Entry& entry = *static_cast<Entry*>(report._private);
        entry.in_client = false;
        --client_->unreported;
        if (!report.err || !entry.writer) {
            landed(entry, done);
        } else if (!is_lone && judge(report.err) == Verdict::too_large) {
            refused_bytes += report.len + report.key_len;
            recovery_.keep(entry);
        } else if (!is_lone && judge(report.err) == Verdict::suspect) {
            ++suspects;
            suspicion = report.err;
            recovery_.keep(entry);
        } else {
            report_failure(entry, report.err, done);
        }
    }
    if (refused_bytes) make_batches_smaller(refused_bytes);
    if (suspects) send_alone(suspicion, suspects);
    health_.alive();
}

// Or was given up while librdkafka still needed its bytes.
void Producer::landed(Entry& entry, leat::Settlements& done) {  // hot: per message
    const leat_receipt receipt = entry.message.receipt;
    leat_buffer* buffer = entry.message.buffer;
    const bool is_given_up = !entry.writer;
    remove(entry);
    if (is_given_up) {
        leat_buffer_release(buffer, 1);
    } else {
        done.end(receipt, buffer, LEAT_ACK, LEAT_NONE);
    }
}

void Producer::report_failure(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done) {
    if (!recovery_.is_active() && client_->is_broken()) recover();
    if (recovery_.is_active()) {
        recovery_.keep(entry);
    } else {
        refuse(entry, error, done);
    }
}

// The limit of a topic could not be read, or is lower than it was.
void Producer::make_batches_smaller(size_t refused_bytes) {
    batch_bytes_ = std::max<size_t>(std::min(batch_bytes_, refused_bytes / 2), 1);
    host_.log_warning("the broker refuses a batch of " + std::to_string(refused_bytes) +
                      " bytes as too large (max.message.bytes of the topic): at most " +
                      std::to_string(batch_bytes_) + " from now on");
    renew_client(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

// The broker refuses a batch for one of its records, and does not say which.
void Producer::send_alone(rd_kafka_resp_err_t error, size_t records) {
    constexpr int64_t kTellAgain = 60'000'000'000;
    const int64_t now = host_.host->now_ns();
    if (told_alone_ns_ == 0 || now - told_alone_ns_ > kTellAgain) {
        told_alone_ns_ = now;
        host_.log_warning("the broker refuses a batch of " + std::to_string(records) + " records for one of them (" +
                          rd_kafka_err2str(error) + "): they are sent one by one, to find out which");
    }
    sends_alone_ = true;
    renew_client(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

void Producer::remove(Entry& entry) {  // hot: per message
    if (alone_left_ > 0 && entry.sequence <= alone_until_) --alone_left_;
    entries_.remove(entry);
}

void Producer::trouble(rd_kafka_resp_err_t code, const std::string& text) {
    if (code == RD_KAFKA_RESP_ERR__FATAL) return recover();
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) renew_password(client_->handle(), connection_, host_, password_);
    health_.error(code, text);
}

void Producer::recover() {
    if (recovery_.is_active() || is_stopping_) return;
    char why[512] = "";
    rd_kafka_fatal_error(client_->handle(), why, sizeof why);
    host_.log_warning(std::string("fatal error of the producer, a new one sends what has not landed: ") + why);
    is_fatal_ = true;
    renew_client(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

// Collects what has not landed; a new client will send it, in order. purge: RD_KAFKA_PURGE_F_..., what librdkafka
// gives back at once.
void Producer::renew_client(int purge) {
    if (is_stopping_) return;
    recovery_.begin();
    client_->purge(purge);
}

// Ends a stop or a recovery whose last report has come.
void Producer::go_on() {
    if (!client_) return;
    if (sends_alone_ && alone_left_ == 0 && !recovery_.is_active()) {
        sends_alone_ = false;
        renew_client(RD_KAFKA_PURGE_F_QUEUE);
    }
    if (client_->unreported) return;
    if (is_stopping_) {
        if (is_closing_) return;
        is_closing_ = true;
        disconnect([this] {
            host_.cancel(timer_);
            stopped();
        });
    } else if (recovery_.is_active()) {
        disconnect(nullptr);
        const std::vector<Entry*> again = recovery_.end();
        if (sends_alone_) {
            alone_left_ = again.size();
            alone_until_ = again.empty() ? 0 : again.back()->sequence;
        }
        waiting_.insert(waiting_.begin(), again.begin(), again.end());  // they are older than all that wait
        const int64_t pause = std::exchange(is_fatal_, false) ? recovery_.pause_ns(host_.host->now_ns()) : 0;
        if (pause == 0) {
            connect();
        } else {
            connect_after(pause);
        }
    }
}

}  // namespace kafka
