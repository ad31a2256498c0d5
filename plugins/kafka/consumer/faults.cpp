#include "consumer/faults.hpp"

#include <cstdint>

namespace kafka {
namespace {

std::string out_of_range(rd_kafka_t* client, const rd_kafka_message_t& record, const std::string& where,
                         const std::string& group) {
    int64_t low = -1;
    int64_t high = -1;
    if (record.rkt) {
        rd_kafka_get_watermark_offsets(client, rd_kafka_topic_name(record.rkt), record.partition, &low, &high);
    }
    std::string why = where + ": the group's position " + std::to_string(record.offset) + " is not in the log";
    if (high >= 0) why += ", which holds " + std::to_string(low) + " to " + std::to_string(high);
    return why + " (" + rd_kafka_message_errstr(&record) +
           "). Messages in between are gone or the topic was made anew: reset the offsets of group " + group +
           " (kafka-consumer-groups --reset-offsets), then start the route again";
}

}  // namespace

std::string fault_of(rd_kafka_t* client, const rd_kafka_message_t& record, const std::string& where,
                     const std::string& group) {
    switch (record.err) {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return out_of_range(client, record, where, group);
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
            return where + ": the record at offset " + std::to_string(record.offset) + " cannot be read (" +
                   rd_kafka_message_errstr(&record) + "). To pass over it, set the offset of group " + group +
                   " behind it (kafka-consumer-groups --reset-offsets), then start the route again";
        default:
            return {};
    }
}

}  // namespace kafka
