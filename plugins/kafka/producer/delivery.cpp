#include "producer/delivery.hpp"

#include <leat/sdk/flow/message.hpp>

namespace kafka {

Verdict judge(rd_kafka_resp_err_t error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return Verdict::landed;
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            return Verdict::too_large;
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
            return Verdict::suspect;
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
            return Verdict::reject;
        default:
            return Verdict::retry;
    }
}

std::string explain(rd_kafka_resp_err_t error, const std::string& topic, const leat_message& message) {
    const std::string where = "topic " + topic + ": ";
    switch (error) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            return where + "a record of " + std::to_string(leat::content_size(message)) +
                   " bytes is larger than the broker takes (max.message.bytes of the topic)";
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
            return where + "the broker refuses the record as invalid (in a compacted topic each needs a key)";
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
            return where + "the record's time is too far from the broker's (message.timestamp... of the topic)";
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            return where + "does not exist and is not created by the broker";
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return where + "has no such partition";
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            return where + "the user may not write to it";
        default:
            return where + rd_kafka_err2str(error);
    }
}

}  // namespace kafka
