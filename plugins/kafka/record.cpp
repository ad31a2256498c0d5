#include "record.hpp"

#include <cstring>

namespace kafka {

void read_record(const rd_kafka_message_t& record, FetchedRecord& into) {
    into.key = {static_cast<const char*>(record.key), record.key ? record.key_len : 0};
    into.payload = {static_cast<const char*>(record.payload), record.payload ? record.len : 0};
    rd_kafka_timestamp_type_t type;
    const int64_t time_ms = rd_kafka_message_timestamp(&record, &type);
    constexpr int64_t kLatest_ms = 9'223'372'036'854;  // that nanoseconds in 63 bits can tell
    into.timestamp_ns = time_ms > 0 && time_ms <= kLatest_ms ? time_ms * 1'000'000 : 0;
    into.offset = record.offset;
}

uint32_t read_headers(const rd_kafka_message_t& record, std::vector<leat_header>& into) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    uint32_t count = 0;
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    while (rd_kafka_header_get_all(headers, count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        into.push_back({{name, std::strlen(name)}, {static_cast<const char*>(value), value ? size : 0}});
        ++count;
    }
    return count;
}

rd_kafka_headers_t* write_headers(const leat_message& message) {
    if (message.header_count == 0) return nullptr;
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.header_count);
    for (uint32_t i = 0; i < message.header_count; ++i) {
        const leat_header& h = message.headers[i];
        rd_kafka_header_add(headers, h.name.data ? h.name.data : "", static_cast<ssize_t>(h.name.size), h.value.data,
                            static_cast<ssize_t>(h.value.size));
    }
    return headers;
}

}  // namespace kafka
