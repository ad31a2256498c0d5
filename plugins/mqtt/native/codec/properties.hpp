// Reading the property block of an MQTT 5 packet without copying it.
//
//   PropertyReader reader(publish.properties);
//   for (PropertyView p; reader.next(p);) if (p.id == Property::content_type) type = p.text;
//
// A block that decode_* has accepted has been checked and can be read without looking at fault().
// Thread: any; no state outside the object.
#pragma once

#include "native/codec/format.hpp"

namespace leat::mqtt {

/// One property: which fields count depends on its type.
struct PropertyView {
    Property id{};
    std::uint32_t number = 0;  ///< byte, two-byte, four-byte and variable-length integers
    std::string_view text;     ///< strings, binary data, and the name of a user property
    std::string_view value;    ///< the value of a user property
};

/// Walks over a property block (without its own length in front).
class PropertyReader {
  public:
    explicit PropertyReader(Bytes block) : rest_(block) {}

    /// Reads the next property into `out`. False at the end, or when the block is broken: then fault() says why.
    bool next(PropertyView& out);

    /// nullptr unless next() met something that is no property.
    [[nodiscard]] Fault fault() const { return fault_; }

  private:
    bool fail(Fault why);
    bool read_integer(std::size_t bytes, std::uint32_t& out);
    bool read_varint(std::uint32_t& out);
    bool read_data(std::string_view& out, bool is_text);

    Bytes rest_;
    Fault fault_ = nullptr;
};

/// Checks a whole block: known properties, legal in this packet, none twice but user properties (and, in a PUBLISH,
/// subscription identifiers), values in their range [MQTT5 2.2.2.2].
[[nodiscard]] Fault check_properties(Bytes block, Packet packet);

/// True for well-formed UTF-8 without U+0000 and without surrogates [MQTT-1.5.4-1, MQTT-1.5.4-2].
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace leat::mqtt
