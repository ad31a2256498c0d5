// A TCP connection, with the reason in words where there is none.
//
//   const int fd = dial("mq", 5672, 10s);   // throws std::runtime_error: "mq:5672: Connection refused"
//
// rabbitmq-c could do it, but says "a socket error occurred" for everything. Blocks; any thread.
#pragma once

#include <chrono>
#include <string>

namespace leat::rabbitmq {

/// A connected, non-blocking socket, without Nagle's delay. Tries all addresses of the name, within the timeout.
[[nodiscard]] int dial(const std::string& host, int port, std::chrono::milliseconds timeout);

}  // namespace leat::rabbitmq
