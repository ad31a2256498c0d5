#include "producer/delivery.hpp"

#include <doctest/doctest.h>

#include <leat/sdk/flow/message.hpp>

using kafka::judge;
using kafka::Verdict;

TEST_CASE("errors are told apart: landed, later, never, too large together") {
    CHECK(judge(RD_KAFKA_RESP_ERR_NO_ERROR) == Verdict::landed);
    CHECK(judge(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) == Verdict::retry);
    CHECK(judge(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) == Verdict::retry);
    CHECK(judge(RD_KAFKA_RESP_ERR_INVALID_MSG) == Verdict::retry);  // a checksum: damaged on the way
    CHECK(judge(RD_KAFKA_RESP_ERR_POLICY_VIOLATION) == Verdict::reject);
    CHECK(judge(RD_KAFKA_RESP_ERR_INVALID_RECORD) == Verdict::suspect);
    CHECK(judge(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) == Verdict::reject);
    CHECK(judge(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) == Verdict::too_large);
}

TEST_CASE("a reason names the topic and what to do") {
    leat_message message{};
    message.payload = leat::bytes("12345");
    const std::string why = kafka::explain(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "big", message);
    CHECK(why.find("topic big") == 0);
    CHECK(why.find("5 bytes") != std::string::npos);
    CHECK(why.find("max.message.bytes") != std::string::npos);
}
