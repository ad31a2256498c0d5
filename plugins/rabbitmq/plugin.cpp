// The library's one exported symbol.
#include <leat/sdk/export.hpp>

#include "backend.hpp"

LEAT_BACKEND(leat::rabbitmq::RabbitBackend, "rabbitmq", "0.1.0",
             "Reads and writes RabbitMQ (AMQP 0-9-1), on rabbitmq-c.")
