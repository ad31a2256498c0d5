// Between Paho's properties and the block of bytes that MQTT 5 carries, which mapping.hpp understands.
//
//   const ByteBuffer block = block_of(message->get_properties());
//   message->set_properties(properties_of(block));
//
// Thread: any; pure functions.
#pragma once

#include <mqtt/properties.h>

#include "native/codec/encode.hpp"

namespace leat::mqtt {

namespace paho = ::mqtt;  ///< Paho's own namespace, which inside of ours has to be named like this

/// The properties of a PUBLISH, without their length. Those that headers are not made of are left out.
[[nodiscard]] ByteBuffer block_of(const paho::properties& properties);

/// The properties of a block that has been checked.
[[nodiscard]] paho::properties properties_of(Bytes block);

}  // namespace leat::mqtt
