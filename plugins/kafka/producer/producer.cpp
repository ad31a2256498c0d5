#include "producer/producer.hpp"

#include <algorithm>
#include <chrono>

#include "producer/delivery.hpp"

namespace kafka {
namespace {

using namespace std::chrono_literals;

constexpr size_t kLookAhead = 4096;  // waiting messages whose topics are asked about together
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
