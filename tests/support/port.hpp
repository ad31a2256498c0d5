// Free TCP ports for the private brokers of a test.
//
//   const std::uint16_t port = leat::test::free_port();
#pragma once

#include <cstdint>

namespace leat::test {

/** A TCP port of 127.0.0.1 that nobody listens on now. Two calls give two ports. [any thread] */
std::uint16_t free_port();

/** Whether something accepts connections on 127.0.0.1:`port`. [any thread] */
bool accepts(std::uint16_t port);

}  // namespace leat::test
