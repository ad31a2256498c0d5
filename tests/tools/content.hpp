// What test messages look like. All of a message follows from its id, so whoever reads it can check every byte.
//
//   const Content content({.lanes = 16, .size = 100});
//   content.payload(17, buffer);   // {"n":17,"lane":1,"value":42.3,"fill":"..."}
//   content.key(17);               // d1
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/record.hpp"

namespace leat::test {

/** A header of a test message; each has two: `n`, the id, and `trace`, a number made of it. */
using TestHeader = std::pair<std::string_view, std::string_view>;

class Content {
  public:
    enum class Kind {
        numbered,  ///< Payloads of a given size; topics PREFIX/d0, d1, ...; key d0, d1, ...
        sensor,    ///< Readings of a plant; topics PREFIX/press/3/temp ...; key press-3 ...
    };
    struct Shape {
        Kind kind = Kind::numbered;
        std::uint32_t lanes = 16;
        std::size_t size = 100;  ///< Bytes of a numbered payload; it is never cut below what carries the id.
    };

    explicit Content(Shape shape) : shape_(shape) {}

    std::uint32_t lane(std::uint64_t id) const { return static_cast<std::uint32_t>(id % shape_.lanes); }
    std::string key(std::uint64_t id) const;
    std::string topic(std::string_view prefix, std::uint64_t id) const;
    static std::string trace(std::uint64_t id);
    /** Degrees, 0.0 to 99.9, as the payload says. */
    static double value(std::uint64_t id);
    /** Writes the payload into `out`, replacing what was there. // hot: per message */
    void payload(std::uint64_t id, std::string& out) const;

    /** The id that a payload carries; 0 when there is none. */
    static std::uint64_t id_of(std::string_view payload);

    /** What of an arrival is to be compared. */
    struct Arrival {
        std::string_view payload = {};
        bool check_key = false;
        std::string_view key = {};  ///< Kafka's key, or the last level of an MQTT topic.
        bool check_headers = false;
        std::string_view header_n = {};
        std::string_view header_trace = {};
    };
    /** Compares an arrival with what was sent. // hot: per message */
    Record inspect(const Arrival& arrival) const;

  private:
    Shape shape_;
    mutable std::string expected_;
};

}  // namespace leat::test
