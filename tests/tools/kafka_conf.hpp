// librdkafka's settings for test programs.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::test {

/** Sets one property. Throws std::runtime_error when it is unknown or wrong. */
inline void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    std::array<char, 512> error{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
        throw std::runtime_error(error.data());
    }
}

/** A configuration with these settings. Throws std::runtime_error when one of them is unknown or wrong. */
inline rd_kafka_conf_t* kafka_conf(std::initializer_list<std::pair<const char*, std::string>> settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) set(conf, name, value);
    return conf;
}

/** A client; it owns `conf`. Throws std::runtime_error. */
inline rd_kafka_t* kafka_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    std::array<char, 512> error{};
    rd_kafka_t* client = rd_kafka_new(type, conf, error.data(), error.size());
    if (client == nullptr) throw std::runtime_error(error.data());
    return client;
}

}  // namespace leat::test
