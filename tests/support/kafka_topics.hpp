// What Kafka says to a request that topics be made.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

namespace leat::test {

/** The error of a CreateTopics result; "" when all are there now, also those that were there before. */
std::string creation_error(rd_kafka_event_t* event);

}  // namespace leat::test
