// rabbitmq-c's bytes as views, both ways; neither owns.
#pragma once

#include <amqp.h>

#include <string_view>

namespace leat::rabbitmq {

inline std::string_view text_of(amqp_bytes_t b) { return {static_cast<const char*>(b.bytes), b.len}; }
inline amqp_bytes_t bytes_of(std::string_view s) { return {s.size(), const_cast<char*>(s.data())}; }

}  // namespace leat::rabbitmq
