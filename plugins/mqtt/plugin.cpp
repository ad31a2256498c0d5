// The mqtt plugin: sources and sinks on MQTT 5.0 and 3.1.1 brokers, over TCP and TLS.
#include <leat/sdk/export.hpp>

#include "backend.hpp"

using leat::mqtt::MqttBackend;

LEAT_BACKEND(MqttBackend, "mqtt", "0.1.0", "Reads from and publishes to MQTT 5.0 and 3.1.1 brokers.")
