// Between Leat's message and Kafka's record: views one way, no copy of a payload in either.
//
// On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/flow/message.hpp>

#include <vector>

#include "consumer/fetched.hpp"

namespace kafka {

/// Fills everything but the number of headers.   // hot: per message
void read_record(const rd_kafka_message_t& record, FetchedRecord& into);

/// The record's headers appended to `into`; how many.   // hot: per message, parses only where there are some
uint32_t read_headers(const rd_kafka_message_t& record, std::vector<leat_header>& into);

/// The message's headers as librdkafka wants them, copied; nullptr for none. The caller or the producer owns them.
rd_kafka_headers_t* write_headers(const leat_message& message);

}  // namespace kafka
