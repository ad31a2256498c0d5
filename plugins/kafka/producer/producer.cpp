#include "producer/producer.hpp"

#include <algorithm>
#include <chrono>

#include "producer/delivery.hpp"
#include "record.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr size_t kTurn = 8192;       // reports served before other work of the shard has its turn
constexpr size_t kLookAhead = 4096;  // waiting messages whose topics are asked about together
constexpr size_t kPrefetch = 8;      // reports ahead: by then an entry has left the caches
constexpr auto kConnectAgain = 5s;
constexpr auto kClosePatience = 8s;  // less than the host's 10 s; then the client is left to itself

void prefetch(const void* entry) {
    constexpr size_t kLine = 64;
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(static_cast<const char*>(entry) + kLine, 1);
    __builtin_prefetch(static_cast<const char*>(entry) + 2 * kLine, 1);
}

}  // namespace

Producer::Producer(const Connection& connection, const leat::Setup& setup)
    : connection_(connection),
      host_(setup.services),
      health_([this](uint32_t state, std::string_view why, int64_t next) { tell(state, why, next); }) {}

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
    char why[512] = "";
    try {
        const Secrets secrets = Secrets::read(connection_, host_);
        password_ = secrets.password;
        Conf conf = producer_conf(connection_, secrets, batch_bytes_);
        batch_bytes_ = conf.number("batch.size");
        rd_kafka_topic_conf_t* topics = rd_kafka_conf_get_default_topic_conf(conf.get());
        rd_kafka_topic_conf_set_partitioner_cb(topics, &Producer::choose_partition);
        wakeup_ = std::make_unique<Wakeup>(
            host_, [](void* self) { static_cast<Producer*>(self)->woken(); }, this);
        rd_kafka_conf_t* given = conf.release();
        client_ = rd_kafka_new(RD_KAFKA_PRODUCER, given, why, sizeof why);
        if (!client_) rd_kafka_conf_destroy(given);  // taken over on success alone
    } catch (const std::exception& e) {
        std::snprintf(why, sizeof why, "%s", e.what());
    }
    if (!client_) {
        wakeup_.reset();
        tell(LEAT_STATE_DOWN, why, std::chrono::nanoseconds(kConnectAgain).count());
        return connect_after(std::chrono::nanoseconds(kConnectAgain).count());
    }
    ++generation_;
    events_ = rd_kafka_queue_get_main(client_);
    rd_kafka_set_log_queue(client_, events_);
    wakeup_->attach(events_);
    // What came before that wakes nobody, and keeps what comes later from doing so.
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
    topics_.clear();
    ++generation_;
    Wakeup::detach(events_);
    wakeup_.reset();
    rd_kafka_queue_destroy(events_);
    events_ = nullptr;
    worker_->run([client = std::exchange(client_, nullptr)] { rd_kafka_destroy(client); }, std::move(then));
}

void Producer::stop() {
    is_stopping_ = true;
    host_.cancel(timer_);
    if (!client_) return stopped();
    timer_ = host_.after(
        kClosePatience,
        [](void* self) {
            auto* producer = static_cast<Producer*>(self);
            if (producer->events_) Wakeup::detach(producer->events_);
            producer->wakeup_.reset();
            producer->worker_ = std::make_unique<Worker>(producer->host_);  // the old one tells nothing any more
            producer->stopped();
        },
        this);
    if (outstanding_) {
        rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
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

void Producer::take(Writer& writer, const leat_message& message, leat::Settlements& done) {
    const uint64_t token = entries_.add();
    Entry& entry = *entries_.find(token);
    entry.message = message;
    entry.writer = &writer;
    entry.token = token;
    entry.sequence = next_sequence_++;
    entry.in_client = false;
    if (!waiting_.empty() || !client_ || recovery_.is_active() || send(entry, done) == Sent::no_room) {
        waiting_.push_back(token);
    }
}

Producer::Sent Producer::send(Entry& entry, leat::Settlements& done) {
    Record record;
    std::string why;
    if (!entry.writer->describe(entry.message, record, why)) {
        end(entry, LEAT_REJECT, why, done);
        return Sent::ended;
    }
    if (!record.topic->is_known) {
        ask_limits();
        return Sent::no_room;
    }
    const rd_kafka_resp_err_t error = produce(entry, record);
    if (!error) {
        entry.in_client = true;
        ++outstanding_;
        return Sent::yes;
    }
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::no_room;
    if (error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_fatal_error(client_, nullptr, 0)) {
        recover();
        return Sent::no_room;
    }
    refuse(entry, error, done);
    return Sent::ended;
}

rd_kafka_resp_err_t Producer::produce(Entry& entry, const Record& record) {
    rd_kafka_vu_t vus[8];
    size_t n = 0;
    const auto next = [&](rd_kafka_vtype_t type) -> auto& {
        vus[n].vtype = type;
        return vus[n++].u;
    };
    const leat_message& m = entry.message;
    next(RD_KAFKA_VTYPE_RKT).rkt = record.topic->handle;
    next(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
    next(RD_KAFKA_VTYPE_MSGFLAGS).i = 0;  // not copied: the entry holds the buffer until the report
    auto& value = next(RD_KAFKA_VTYPE_VALUE).mem;
    value.ptr = const_cast<char*>(m.payload.data);
    value.size = m.payload.size;
    auto& key = next(RD_KAFKA_VTYPE_KEY).mem;
    key.ptr = const_cast<char*>(record.key.data);
    key.size = record.key.size;
    next(RD_KAFKA_VTYPE_OPAQUE).ptr = &entry;
    next(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
    rd_kafka_headers_t* headers = write_headers(m);
    if (headers) next(RD_KAFKA_VTYPE_HEADERS).headers = headers;
    rd_kafka_error_t* error = rd_kafka_produceva(client_, vus, n);
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers) rd_kafka_headers_destroy(headers);
    return code;
}

int32_t Producer::choose_partition(const rd_kafka_topic_t* topic, const void* key, size_t key_size,
                                   int32_t partitions, void*, void* entry) {
    if (key) return rd_kafka_msg_partitioner_murmur2(topic, key, key_size, partitions, nullptr, nullptr);
    // [any-thread] of librdkafka's: an entry does not change while the client has it.
    const uint32_t lane = static_cast<const Entry*>(entry)->message.lane;
    return static_cast<int32_t>(lane % static_cast<uint32_t>(partitions));
}

void Producer::end(Entry& entry, uint32_t outcome, const std::string& why, leat::Settlements& done) {
    const leat_message message = entry.message;
    entries_.remove(entry.token);
    done.end(message, outcome, LEAT_NONE, why);
}

void Producer::refuse(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done) {
    Record record;
    std::string topic;
    if (entry.writer->describe(entry.message, record, topic)) topic = rd_kafka_topic_name(record.topic->handle);
    const uint32_t outcome = judge(error) == Verdict::retry ? LEAT_RETRY : LEAT_REJECT;
    end(entry, outcome, explain(error, topic, entry.message), done);
}

void Producer::send_waiting(leat::Settlements& done) {
    while (!waiting_.empty() && client_ && !recovery_.is_active()) {
        Entry* entry = entries_.find(waiting_.front());
        if (entry && send(*entry, done) == Sent::no_room) return;
        waiting_.pop_front();
    }
}

void Producer::ask_limits() {
    if (topics_.is_asking()) return;
    size_t looked_at = 0;
    for (const uint64_t token : waiting_) {
        if (++looked_at > kLookAhead) break;
        const Entry* entry = entries_.find(token);
        Record record;
        std::string why;
        if (entry) (void)entry->writer->describe(entry->message, record, why);  // looks for the topic
    }
    topics_.ask(client_, *worker_, [this](const Topics::Limit& limit) { limits_told(limit); });
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
    leat::Settlements done;
    entries_.for_each([&](uint64_t token, Entry& entry) {
        if (entry.writer != &writer) return;
        if (entry.in_client) {  // its bytes are needed until the report
            entry.writer = nullptr;
            done.settle(entry.message.receipt, LEAT_ABANDON);
        } else {
            const leat_message message = entry.message;
            entries_.remove(token);
            done.end(message, LEAT_ABANDON);
        }
    });
}

void Producer::woken() {
    leat::Settlements done;
    for (size_t served = 0; events_ && served < kTurn;) {
        rd_kafka_event_t* event = rd_kafka_queue_poll(events_, 0);
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
    if (events_) host_.defer([](void* self) { static_cast<Producer*>(self)->woken(); }, this);
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

// One event has the reports of one batch.
void Producer::reported(rd_kafka_event_t* event, leat::Settlements& done) {
    const bool is_lone = rd_kafka_event_message_count(event) == 1;
    size_t refused_bytes = 0;
    const rd_kafka_message_t* reports[LEAT_BATCH_MAX];
    while (const size_t n = rd_kafka_event_message_array(event, reports, LEAT_BATCH_MAX)) {
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            if (i + kPrefetch < n) prefetch(reports[i + kPrefetch]->_private);
            Entry& entry = *static_cast<Entry*>(reports[i]->_private);
            entry.in_client = false;
            --outstanding_;
            if (!reports[i]->err || !entry.writer) {
                landed(entry, done);
            } else if (!is_lone && judge(reports[i]->err) == Verdict::too_large) {
                refused_bytes += reports[i]->len + reports[i]->key_len;
                recovery_.keep(entry.token, entry.sequence);
            } else {
                report_failure(entry, reports[i]->err, done);
            }
        }
    }
    if (refused_bytes) make_batches_smaller(refused_bytes);
    health_.alive();
}

// Or was given up while librdkafka still needed its bytes.
void Producer::landed(Entry& entry, leat::Settlements& done) {  // hot: per message
    const leat_receipt receipt = entry.message.receipt;
    leat_buffer* buffer = entry.message.buffer;
    const bool is_given_up = !entry.writer;
    entries_.remove(entry.token);
    if (is_given_up) {
        leat_buffer_release(buffer, 1);
    } else {
        done.end(receipt, buffer, LEAT_ACK, LEAT_NONE);
    }
}

void Producer::report_failure(Entry& entry, rd_kafka_resp_err_t error, leat::Settlements& done) {
    if (!recovery_.is_active() && rd_kafka_fatal_error(client_, nullptr, 0)) recover();
    if (recovery_.is_active()) {
        recovery_.keep(entry.token, entry.sequence);
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

void Producer::trouble(rd_kafka_resp_err_t code, const std::string& text) {
    if (code == RD_KAFKA_RESP_ERR__FATAL) return recover();
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) renew_password(client_, connection_, host_, password_);
    health_.error(code, text);
}

void Producer::recover() {
    if (recovery_.is_active() || is_stopping_) return;
    char why[512] = "";
    rd_kafka_fatal_error(client_, why, sizeof why);
    host_.log_warning(std::string("fatal error of the producer, a new one sends what has not landed: ") + why);
    is_fatal_ = true;
    renew_client(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

// Collects what has not landed; a new client will send it, in order. purge: RD_KAFKA_PURGE_F_..., what librdkafka
// gives back at once.
void Producer::renew_client(int purge) {
    if (is_stopping_) return;
    recovery_.begin();
    rd_kafka_purge(client_, purge | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

// Ends a stop or a recovery whose last report has come.
void Producer::go_on() {
    if (outstanding_ || !client_) return;
    if (is_stopping_) {
        if (is_closing_) return;
        is_closing_ = true;
        disconnect([this] {
            host_.cancel(timer_);
            stopped();
        });
    } else if (recovery_.is_active()) {
        disconnect(nullptr);
        const std::vector<uint64_t> again = recovery_.end();
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
