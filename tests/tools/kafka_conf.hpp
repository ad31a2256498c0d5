// librdkafka's settings for test programs.
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

namespace leat::test {

/** A configuration with these settings. Throws std::runtime_error when one of them is unknown or wrong. */
inline rd_kafka_conf_t* kafka_conf(std::initializer_list<std::pair<const char*, std::string>> settings) {
    std::array<char, 512> error{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
            throw std::runtime_error(error.data());
        }
    }
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
