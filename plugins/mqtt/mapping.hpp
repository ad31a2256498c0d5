// Between MQTT and messages: properties <-> headers, topic -> lane.
//
//   content type        header content-type             response topic   header mqtt-response-topic
//   correlation data    header mqtt-correlation-data    message expiry   header mqtt-message-expiry (seconds)
//   payload format 1    header mqtt-payload-format: utf-8
//   user property       header of the same name
//
// MQTT 3.1.1 has no properties: sources then give no headers, sinks leave them out. On the shard only.
#pragma once

#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/message.hpp>

#include <cstdint>
#include <string>

#include "native/codec/format.hpp"

namespace leat::mqtt {

/// Lane of a topic: the same topic gives the same lane in every process.                           // hot: per
/// message
[[nodiscard]] std::uint32_t lane_of_topic(std::string_view topic);

/// Gives the message headers for the properties of the PUBLISH. The message points into the receive buffer and holds
/// a reference to it already; the headers lie in the arena, which takes that reference over.
void add_headers(const Publish& publish, Arena& arena, leat_message& message);

/// What a sink adds to each message.
struct SinkProperties {
    std::string content_type{};        ///< empty: the header's
    std::uint32_t message_expiry = 0;  ///< seconds; 0: the header's
    bool user_properties = true;
};

/// Bytes of the property block for this message. When `fault` is set it cannot be made: says why.   // hot: per
/// message
[[nodiscard]] std::size_t properties_size(const leat_message& message, const SinkProperties& sink, Fault& fault);

/// Writes the block to `at`, where properties_size() bytes are free; returns the end.               // hot: per
/// message
std::uint8_t* write_properties(std::uint8_t* at, const leat_message& message, const SinkProperties& sink);

}  // namespace leat::mqtt
