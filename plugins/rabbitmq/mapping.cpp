#include "mapping.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

#include "amqp/bytes.hpp"
#include "field_text.hpp"

namespace leat::rabbitmq {
namespace {

constexpr std::string_view kPrefix = "amqp-";
constexpr std::string_view kExchange = "leat-exchange";
constexpr std::string_view kDeliveryMode = "amqp-delivery-mode";
constexpr std::string_view kPriority = "amqp-priority";
constexpr std::string_view kExpiration = "amqp-expiration";
constexpr std::string_view kUserId = "amqp-user-id";
constexpr std::string_view kContentType = "content-type";
constexpr std::size_t kShort = 255;  // bytes that a short string can have [AMQP 0-9-1, 4.2.5.3]
constexpr std::uint8_t kPersistent = 2;

struct TextProperty {
    amqp_flags_t flag;
    amqp_bytes_t amqp_basic_properties_t::*member;
    std::string_view header;
};

constexpr std::array<TextProperty, 8> kTexts{{
    {AMQP_BASIC_CONTENT_TYPE_FLAG, &amqp_basic_properties_t::content_type, kContentType},
    {AMQP_BASIC_CONTENT_ENCODING_FLAG, &amqp_basic_properties_t::content_encoding, "content-encoding"},
    {AMQP_BASIC_CORRELATION_ID_FLAG, &amqp_basic_properties_t::correlation_id, "amqp-correlation-id"},
    {AMQP_BASIC_REPLY_TO_FLAG, &amqp_basic_properties_t::reply_to, "amqp-reply-to"},
    {AMQP_BASIC_EXPIRATION_FLAG, &amqp_basic_properties_t::expiration, kExpiration},
    {AMQP_BASIC_MESSAGE_ID_FLAG, &amqp_basic_properties_t::message_id, "amqp-message-id"},
    {AMQP_BASIC_TYPE_FLAG, &amqp_basic_properties_t::type, "amqp-type"},
    {AMQP_BASIC_APP_ID_FLAG, &amqp_basic_properties_t::app_id, "amqp-app-id"},
}};

constexpr amqp_flags_t kShown = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
                                AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_REPLY_TO_FLAG |
                                AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG |
                                AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_PRIORITY_FLAG;

bool has(const amqp_basic_properties_t& p, amqp_flags_t flag) { return (p._flags & flag) != 0; }

std::string_view decimal(unsigned number, std::array<char, 12>& digits) {
    return {digits.data(),
            static_cast<std::size_t>(std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr -
                                     digits.data())};
}

// Counts what Writer below writes.
struct Counter {
    std::size_t headers = 0;
    std::size_t size = 0;

    void literal(std::string_view, std::string_view value) { ++headers, size += value.size(); }
    void copy(std::string_view name, std::string_view value) { ++headers, size += name.size() + value.size(); }
    void none(std::string_view name) { ++headers, size += name.size(); }
    void key(std::string_view value) { size += value.size(); }
};

struct Writer {
    leat_header* header;
    char* at;
    leat_bytes the_key{nullptr, 0};

    leat_bytes put(std::string_view text) {
        if (!text.empty()) std::memcpy(at, text.data(), text.size());
        const leat_bytes placed{at, text.size()};
        at += text.size();
        return placed;
    }
    void literal(std::string_view name, std::string_view value) { *header++ = {bytes(name), put(value)}; }
    void copy(std::string_view name, std::string_view value) {
        const leat_bytes placed = put(name);
        *header++ = {placed, put(value)};
    }
    void none(std::string_view name) { *header++ = {put(name), kAbsent}; }
    void key(std::string_view value) { the_key = put(value); }
};

template <class Out>
void lay_out_properties(Out& out, const amqp_basic_properties_t& p) {
    std::array<char, 12> digits;
    if (has(p, AMQP_BASIC_DELIVERY_MODE_FLAG) && p.delivery_mode != kPersistent)
        out.literal(kDeliveryMode, decimal(p.delivery_mode, digits));
    if ((p._flags & kShown) == 0) return;
    for (const TextProperty& text : kTexts) {
        if (has(p, text.flag)) out.literal(text.header, text_of(p.*text.member));
    }
    if (has(p, AMQP_BASIC_USER_ID_FLAG)) out.literal(kUserId, text_of(p.user_id));
    if (has(p, AMQP_BASIC_PRIORITY_FLAG)) out.literal(kPriority, decimal(p.priority, digits));
}

// One pass over all that becomes a header, or the key.
template <class Out>
void lay_out(Out& out, const Delivery& delivery, std::string_view key_header, bool with_properties,
             std::string& scratch) {
    const amqp_basic_properties_t& p = *delivery.properties;
    if (with_properties) {
        if (delivery.exchange.len > 0) out.literal(kExchange, text_of(delivery.exchange));
        lay_out_properties(out, p);
    }
    if (!has(p, AMQP_BASIC_HEADERS_FLAG)) return;
    for (int i = 0; i < p.headers.num_entries; ++i) {
        const amqp_table_entry_t& entry = p.headers.entries[i];
        const std::string_view name = text_of(entry.key);
        const bool is_key = !key_header.empty() && name == key_header;
        if (name == kSequenceHeader || (!is_key && !with_properties)) continue;
        if (entry.value.kind == AMQP_FIELD_KIND_VOID) {
            if (!is_key) out.none(name);
            continue;
        }
        scratch.clear();
        if (!is_text(entry.value)) append_field(entry.value, scratch);
        const std::string_view value = is_text(entry.value) ? text_of(entry.value.value.bytes) : scratch;
        if (is_key)
            out.key(value);
        else
            out.copy(name, value);
    }
}

}  // namespace

std::size_t DeliveryReader::measure(const Delivery& delivery) {
    if (delivery.body_size > kLargestBody) {
        throw std::length_error("the broker announces a message of " + std::to_string(delivery.body_size) +
                                " bytes; at most 2 GiB are taken");
    }
    Counter counter;
    lay_out(counter, delivery, key_header_, takes_properties_, scratch_);
    return counter.headers * sizeof(leat_header) + counter.size + delivery.routing_key.len + delivery.body_size;
}

char* DeliveryReader::write(const Delivery& delivery, char* at, leat_message& message) {
    Counter counter;
    lay_out(counter, delivery, key_header_, takes_properties_, scratch_);
    auto* const headers = reinterpret_cast<leat_header*>(at);
    Writer writer{headers, at + counter.headers * sizeof(leat_header)};
    lay_out(writer, delivery, key_header_, takes_properties_, scratch_);
    message.topic = writer.put(text_of(delivery.routing_key));
    message.key = writer.the_key;
    message.payload = {writer.at, delivery.body_size};
    message.headers = counter.headers > 0 ? headers : nullptr;
    message.header_count = static_cast<std::uint32_t>(counter.headers);
    message.flags = delivery.is_redelivered ? LEAT_MESSAGE_REDELIVERED : 0;
    const amqp_basic_properties_t& p = *delivery.properties;
    constexpr std::uint64_t kLatest = 9'223'372'036;  // seconds that nanoseconds in 63 bits can tell
    const bool has_time = has(p, AMQP_BASIC_TIMESTAMP_FLAG) && p.timestamp <= kLatest;
    message.timestamp_ns = has_time ? static_cast<std::int64_t>(p.timestamp) * 1'000'000'000 : 0;
    message.attempt = 0;
    message.ext = nullptr;
    return writer.at;
}

bool PropertiesWriter::set_text(amqp_bytes_t& property, amqp_flags_t flag, std::string_view value) {
    if (value.size() > kShort) fault_ = "a property is longer than the 255 bytes that AMQP allows";
    property = bytes_of(value);
    properties_._flags |= flag;
    size_ += value.size() + 1;
    return true;
}

void PropertiesWriter::add_text(std::string_view name, leat_bytes value) {
    if (name.size() > kShort) fault_ = "a header's name is longer than the 255 bytes that AMQP allows";
    amqp_table_entry_t& entry = entries_.emplace_back();
    entry.key = bytes_of(name);
    entry.value.kind = present(value) ? AMQP_FIELD_KIND_UTF8 : AMQP_FIELD_KIND_VOID;
    entry.value.value.bytes = bytes_of(view(value));
    size_ += name.size() + value.size + 6;
}

// Headers that are properties in AMQP.
bool PropertiesWriter::take_property(std::string_view name, std::string_view value, const PublishOptions& options) {
    const bool may_be = name.starts_with(kPrefix) || name.starts_with("content-");
    if (!may_be) return false;
    for (const TextProperty& text : kTexts) {
        if (text.header != name) continue;
        if (has(properties_, text.flag)) return true;  // the sink's own, or the first of them
        return set_text(properties_.*text.member, text.flag, value);
    }
    unsigned number = 0;
    const bool is_number = std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc();
    if (name == kPriority) {
        if (options.priority >= 0 || !is_number || number > 255) return true;
        properties_.priority = static_cast<std::uint8_t>(number);
        properties_._flags |= AMQP_BASIC_PRIORITY_FLAG;
        return true;
    }
    if (name == kDeliveryMode) {
        if (options.delivery_mode == DeliveryMode::as_is && is_number && number == 1) properties_.delivery_mode = 1;
        return true;
    }
    return name == kUserId;  // the broker takes the user's own only
}

const char* PropertiesWriter::fill(const leat_message& message, const PublishOptions& options,
                                   std::uint64_t sequence) {
    entries_.clear();
    fault_ = nullptr;
    size_ = 64;  // flags, numbers and lengths
    properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties_.delivery_mode = options.delivery_mode == DeliveryMode::transient ? 1 : kPersistent;
    if (!options.content_type.empty())
        set_text(properties_.content_type, AMQP_BASIC_CONTENT_TYPE_FLAG, options.content_type);
    if (!options.expiration.empty()) set_text(properties_.expiration, AMQP_BASIC_EXPIRATION_FLAG, options.expiration);
    if (options.priority >= 0) {
        properties_.priority = static_cast<std::uint8_t>(options.priority);
        properties_._flags |= AMQP_BASIC_PRIORITY_FLAG;
    }
    if (message.timestamp_ns > 0) {
        properties_.timestamp = static_cast<std::uint64_t>(message.timestamp_ns / 1'000'000'000);
        properties_._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    }
    if (options.properties) {
        for (std::uint32_t i = 0; i < message.header_count; ++i) {
            const leat_header& header = message.headers[i];
            const std::string_view name = view(header.name);
            if (name == kExchange) continue;  // where it came from, not where it goes
            if (!take_property(name, view(header.value), options)) add_text(name, header.value);
        }
    }
    if (present(message.key) && !options.key_header.empty()) add_text(options.key_header, message.key);
    if (options.mandatory) {
        amqp_table_entry_t& entry = entries_.emplace_back();
        entry.key = bytes_of(kSequenceHeader);
        entry.value.kind = AMQP_FIELD_KIND_I64;
        entry.value.value.i64 = static_cast<std::int64_t>(sequence);
        size_ += kSequenceHeader.size() + 10;
    }
    if (!entries_.empty()) {
        properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
        properties_.headers = {static_cast<int>(entries_.size()), entries_.data()};
    }
    return fault_;
}

std::uint64_t sequence_of(const amqp_basic_properties_t& properties) {
    if (!has(properties, AMQP_BASIC_HEADERS_FLAG)) return 0;
    for (int i = 0; i < properties.headers.num_entries; ++i) {
        const amqp_table_entry_t& entry = properties.headers.entries[i];
        if (entry.value.kind == AMQP_FIELD_KIND_I64 && text_of(entry.key) == kSequenceHeader)
            return static_cast<std::uint64_t>(entry.value.value.i64);
    }
    return 0;
}

}  // namespace leat::rabbitmq
