// What the raw loops of MQTT share: packets of QoS 0 with numbered payloads, made and read without a client library.
//
//   NumberedPublish packet("bench/0", 100);   packet.append(out, 17);   write_all(fd, out);
//   size_t taken = each_packet(received, [](uint8_t first, string_view body) { ... });
//
// A payload begins as those of the plugin generate with kind `stamped`: "LEAT", stream 0, number, due 0.
#pragma once

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tools/mqtt_wire.hpp"

namespace leat::bare {

inline constexpr std::size_t kStamp = 24;    ///< bytes at the front of a payload
inline constexpr std::size_t kNumberAt = 8;  ///< of them, the number: 64 bits

/** One PUBLISH of MQTT 5, QoS 0, ready but for its number. */
class NumberedPublish {
  public:
    NumberedPublish(const std::string& topic, std::size_t size) {
        std::string payload(std::max(size, kStamp), '.');
        std::memset(payload.data(), 0, kStamp);
        std::memcpy(payload.data(), "LEAT", 4);
        std::size_t remaining = 2 + topic.size() + 1 + payload.size();
        packet_ = '\x30';
        for (; remaining >= 128; remaining /= 128) packet_ += static_cast<char>(remaining % 128 | 128);
        packet_ += static_cast<char>(remaining);
        packet_ += static_cast<char>(topic.size() >> 8U);
        packet_ += static_cast<char>(topic.size());
        packet_ += topic;
        packet_ += '\0';  // no properties
        number_at_ = packet_.size() + kNumberAt;
        packet_ += payload;
    }

    void append(std::string& out, std::uint64_t number) {  // hot: per message
        std::memcpy(packet_.data() + number_at_, &number, sizeof number);
        out += packet_;
    }

  private:
    std::string packet_;
    std::size_t number_at_ = 0;
};

/** Writes all and empties it. Throws std::runtime_error when the connection breaks. */
inline void write_all(int fd, std::string& out) {
    for (std::size_t at = 0; at < out.size();) {
        const ssize_t sent = ::send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
        if (sent > 0) {
            at += static_cast<std::size_t>(sent);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) throw std::runtime_error("connection lost");
        pollfd writable{fd, POLLOUT, 0};
        ::poll(&writable, 1, 100);
    }
    out.clear();
}

/** Calls `f(first byte, body)` for each whole packet; returns the bytes that they take. */
template <class F>
std::size_t each_packet(std::string_view received, F&& f) {  // hot: per message
    std::size_t taken = 0;
    for (;;) {
        std::size_t remaining = 0;
        std::size_t at = taken + 1;
        for (unsigned shift = 0;; shift += 7, ++at) {
            if (at >= received.size()) return taken;
            const auto byte = static_cast<std::uint8_t>(received[at]);
            remaining |= static_cast<std::size_t>(byte & 127U) << shift;
            if (byte < 128) break;
        }
        if (++at + remaining > received.size()) return taken;
        f(static_cast<std::uint8_t>(received[taken]), received.substr(at, remaining));
        taken = at + remaining;
    }
}

/** The payload of a PUBLISH of MQTT 5 whose properties take less than 128 bytes. */
inline std::string_view payload_of(std::uint8_t first, std::string_view body) {  // hot: per message
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<std::uint8_t>(body[at])); };
    std::size_t at = 2 + byte(0) * 256 + byte(1) + ((first & 6U) != 0 ? 2U : 0U);
    at += 1 + byte(at);
    return body.substr(at);
}

inline std::uint64_t number_of(std::string_view payload) {  // hot: per message
    std::uint64_t number = ~std::uint64_t{0};
    if (payload.size() >= kStamp) std::memcpy(&number, payload.data() + kNumberAt, sizeof number);
    return number;
}

/** `received 1000000 in 3.2 s, 312500/s, 0.61 us of CPU each` */
inline void tell(const char* what, std::uint64_t count, std::chrono::duration<double> time) {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    const auto messages = static_cast<double>(count);
    std::cout << what << ' ' << count << " in " << time.count() << " s, " << messages / time.count() << "/s, "
              << cpu / messages * 1e6 << " us of CPU each" << std::endl;
}

}  // namespace leat::bare
