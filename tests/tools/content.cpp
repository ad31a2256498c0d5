#include "tools/content.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace leat::test {
namespace {

constexpr std::array<std::string_view, 4> kMachines = {"press", "pump", "oven", "mill"};

/** Mixes an id into 64 well spread bits (splitmix64). */
std::uint64_t mix(std::uint64_t id) {
    id += 0x9e3779b97f4a7c15;
    id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9;
    id = (id ^ (id >> 27)) * 0x94d049bb133111eb;
    return id ^ (id >> 31);
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_hex(std::string& out, std::uint64_t bits, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i, bits >>= 4) out += "0123456789abcdef"[bits & 15];
}

std::uint64_t tenths(std::uint64_t id) { return mix(id) % 1000; }

void append_value(std::string& out, std::uint64_t id) {
    append_number(out, tenths(id) / 10);
    out += '.';
    out += static_cast<char>('0' + tenths(id) % 10);
}

}  // namespace

std::string Content::key(std::uint64_t id) const {
    const auto lane_of_id = lane(id);
    std::string key = "d";
    if (shape_.kind == Kind::sensor) key.assign(kMachines[lane_of_id % kMachines.size()]).append("-");
    append_number(key, lane_of_id);
    return key;
}

std::string Content::topic(std::string_view prefix, std::uint64_t id) const {
    std::string levels = key(id);
    if (shape_.kind == Kind::sensor) {
        levels[levels.find('-')] = '/';
        levels += "/temp";
    }
    return std::string(prefix).append("/").append(levels);
}

std::string Content::trace(std::uint64_t id) {
    std::string out;
    append_hex(out, mix(id), 16);
    return out;
}

double Content::value(std::uint64_t id) { return static_cast<double>(tenths(id)) / 10; }

void Content::payload(std::uint64_t id, std::string& out) const {
    out.clear();
    if (shape_.kind == Kind::sensor) {
        const auto lane_of_id = lane(id);
        out.append("{\"sensor\":\"").append(kMachines[lane_of_id % kMachines.size()]).append("/");
        append_number(out, lane_of_id);
        out.append("\",\"value\":");
        append_value(out, id);
        out.append(",\"n\":");
        append_number(out, id);
        out.append("}");
        return;
    }
    out.append("{\"n\":");
    append_number(out, id);
    out.append(",\"lane\":");
    append_number(out, lane(id));
    out.append(",\"value\":");
    append_value(out, id);
    out.append(",\"fill\":\"");
    for (std::uint64_t part = id; out.size() + 2 < shape_.size; ++part) {
        append_hex(out, mix(part), std::min<std::size_t>(16, shape_.size - 2 - out.size()));
    }
    out.append("\"}");
}

std::uint64_t Content::id_of(std::string_view payload) {
    constexpr std::string_view kName = "\"n\":";
    const auto at = payload.find(kName);
    std::uint64_t id = 0;
    if (at == std::string_view::npos) return 0;
    std::from_chars(payload.data() + at + kName.size(), payload.data() + payload.size(), id);
    return id;
}

Record Content::inspect(const Arrival& arrival) const {
    const std::uint64_t id = id_of(arrival.payload);
    if (id == 0) return {.faults = kUnreadable};
    Record record{.id = id, .lane = lane(id)};
    payload(id, expected_);
    if (arrival.payload != expected_) record.faults |= kPayloadFault;
    if (arrival.check_key && arrival.key != key(id)) record.faults |= kKeyFault;
    if (arrival.check_headers && (arrival.header_n != std::to_string(id) || arrival.header_trace != trace(id))) {
        record.faults |= kHeaderFault;
    }
    return record;
}

}  // namespace leat::test
