// What librdkafka tells a producer: reports and troubles, and what follows from them.
#include "producer/producer.hpp"

#include <algorithm>

#include "producer/delivery.hpp"

namespace kafka {
namespace {

constexpr size_t kTurn = 8192;  // reports served before other work of the shard has its turn
constexpr size_t kAhead = 8;    // reports: by then an entry has left the caches

}  // namespace

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

}  // namespace kafka
