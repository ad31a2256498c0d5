// The library's one exported symbol.
#include <leat/sdk/export.hpp>

#include "backend.hpp"

LEAT_BACKEND(kafka::Backend, "kafka", "0.1.0", "Reads and writes Apache Kafka, on librdkafka.")
