// AMQP field values as text, of all types that a header table can hold.
//
//   field_text(value, out)     // appends: 42, 2.5, true, text as it is, tables and arrays as JSON
//
// Thread: any; pure functions.
#pragma once

#include <amqp.h>

#include <string>

namespace leat::rabbitmq {

/// Whether the value is text already, so that its bytes can be used as they are.
[[nodiscard]] inline bool is_text(const amqp_field_value_t& value) {
    return value.kind == AMQP_FIELD_KIND_UTF8 || value.kind == AMQP_FIELD_KIND_BYTES;
}

/// Appends the value: numbers in decimal, booleans as true and false, timestamps as seconds since 1970, tables and
/// arrays as JSON, nothing for void.
void append_field(const amqp_field_value_t& value, std::string& out);

}  // namespace leat::rabbitmq
