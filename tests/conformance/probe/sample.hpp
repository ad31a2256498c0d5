// A message as a test writes and compares it, free of views and buffers.
//
//   Sample sample{.topic = "c1", .payload = "n17"};
//   CHECK(arrived == sample);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

/** What a message says. Absent is not empty. */
struct Sample {
    std::string topic;
    std::optional<std::string> key = {};
    std::optional<std::string> payload = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::optional<std::string> header(const std::string& name) const {
        for (const auto& [known, value] : headers) {
            if (known == name) return value;
        }
        return std::nullopt;
    }
};

/** A message that reached the test, with what came with it. */
struct Arrival : Sample {
    std::uint32_t lane = 0;
    bool is_redelivered = false;  ///< The broker says so.
    std::int64_t timestamp_ns = 0;
};

/** The number that a numbered payload, `n17` and more behind a space, carries; 0 when there is none. */
inline std::uint64_t number_of(const Sample& sample) {
    if (!sample.payload || sample.payload->empty() || sample.payload->front() != 'n') return 0;
    std::uint64_t number = 0;
    for (std::size_t i = 1; i < sample.payload->size() && (*sample.payload)[i] != ' '; ++i) {
        const char c = (*sample.payload)[i];
        if (c < '0' || c > '9') return 0;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

}  // namespace leat::test
