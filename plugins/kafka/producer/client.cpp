#include "producer/client.hpp"

#include <utility>

#include "record.hpp"

namespace kafka {
namespace {

// [any-thread] of librdkafka's: an entry does not change while the client has it.
int32_t choose_partition(const rd_kafka_topic_t* topic, const void* key, size_t key_size, int32_t partitions, void*,
                         void* entry) {
    if (key) return rd_kafka_msg_partitioner_murmur2(topic, key, key_size, partitions, nullptr, nullptr);
    const uint32_t lane = static_cast<const Entry*>(entry)->message.lane;
    return static_cast<int32_t>(lane % static_cast<uint32_t>(partitions));
}

Conf with_partitioner(Conf conf) {
    rd_kafka_topic_conf_set_partitioner_cb(rd_kafka_conf_get_default_topic_conf(conf.get()), choose_partition);
    return conf;
}

}  // namespace

Client::Client(leat::Services services, Conf conf, Wakeup::Call woken, void* arg)
    : wakeup_(std::make_unique<Wakeup>(services, woken, arg)),
      handle_(make_client(RD_KAFKA_PRODUCER, with_partitioner(std::move(conf)))),
      events_(rd_kafka_queue_get_main(handle_)) {
    rd_kafka_set_log_queue(handle_, events_);
    wakeup_->attach(events_);
}

rd_kafka_resp_err_t Client::produce(Entry& entry, const Record& record) {
    rd_kafka_vu_t vus[8];
    size_t n = 0;
    const auto next = [&](rd_kafka_vtype_t type) -> auto& {
        vus[n].vtype = type;
        return vus[n++].u;
    };
    const leat_message& m = entry.message;
    next(RD_KAFKA_VTYPE_RKT).rkt = record.topic->handle.get();
    next(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
    next(RD_KAFKA_VTYPE_MSGFLAGS).i = 0;  // not copied
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
    rd_kafka_error_t* error = rd_kafka_produceva(handle_, vus, n);
    if (!error) {
        entry.in_client = true;
        ++unreported;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers) rd_kafka_headers_destroy(headers);
    return code;
}

void Client::end(Worker& worker, Worker::Job done) {
    topics_.clear();
    Wakeup::detach(events_);
    wakeup_.reset();
    rd_kafka_queue_destroy(std::exchange(events_, nullptr));
    worker.run([handle = std::exchange(handle_, nullptr)] { rd_kafka_destroy(handle); }, std::move(done));
}

void Client::abandon() {
    Wakeup::detach(events_);
    wakeup_.reset();
}

}  // namespace kafka
