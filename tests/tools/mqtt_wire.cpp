#include "tools/mqtt_wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace leat::test {
namespace {

constexpr char kReceiveMaximum = 0x21;
constexpr char kUserProperty = 0x26;
constexpr std::size_t kReadSize = 64 * 1024;

void put16(std::string& out, std::size_t number) {
    out += static_cast<char>(number >> 8);
    out += static_cast<char>(number);
}

void put_text(std::string& out, std::string_view text) {
    put16(out, text.size());
    out += text;
}

void put_varint(std::string& out, std::size_t number) {
    do {
        const auto byte = number & 127;
        number >>= 7;
        out += static_cast<char>(byte | (number > 0 ? 128 : 0));
    } while (number > 0);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    if (at >= bytes.size()) throw std::runtime_error("short packet");
    return static_cast<std::uint8_t>(bytes[at]);
}

/** Cuts `count` bytes off the front. */
std::string_view take(std::string_view& bytes, std::size_t count) {
    if (count > bytes.size()) throw std::runtime_error("short packet");
    const auto front = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return front;
}

std::uint16_t take16(std::string_view& bytes) {
    const auto two = take(bytes, 2);
    return static_cast<std::uint16_t>(byte_at(two, 0) << 8 | byte_at(two, 1));
}

/** A variable byte integer; nothing when it is not complete yet. */
std::optional<std::size_t> take_varint(std::string_view& bytes) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) {
        const auto byte = byte_at(bytes, i);
        number |= static_cast<std::size_t>(byte & 127) << (7 * i);
        if ((byte & 128) == 0) {
            bytes.remove_prefix(i + 1);
            return number;
        }
    }
    return std::nullopt;
}

/** Cuts one property off the front and returns its value; `name` is set for a user property. */
std::string_view take_property(std::string_view& properties, char& id, std::string_view& name) {
    id = take(properties, 1)[0];
    switch (id) {
        case 0x01:
        case 0x17:
        case 0x19:
        case 0x24:
        case 0x25:
        case 0x28:
        case 0x29:
        case 0x2A:
            return take(properties, 1);
        case 0x13:
        case 0x21:
        case 0x22:
        case 0x23:
            return take(properties, 2);
        case 0x02:
        case 0x11:
        case 0x18:
        case 0x27:
            return take(properties, 4);
        case 0x0B:
            take_varint(properties);
            return {};
        case kUserProperty:
            name = take(properties, take16(properties));
            return take(properties, take16(properties));
        default:
            return take(properties, take16(properties));
    }
}

}  // namespace

std::string_view MqttPacket::user_property(std::string_view wanted) const {
    for (std::string_view rest = properties; !rest.empty();) {
        char id = 0;
        std::string_view name;
        const auto value = take_property(rest, id, name);
        if (id == kUserProperty && name == wanted) return value;
    }
    return {};
}

MqttWire::MqttWire(Options options) : options_(std::move(options)), last_sent_(std::chrono::steady_clock::now()) {
    connect_socket();
    try {
        handshake();
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

MqttWire::~MqttWire() { ::close(fd_); }

void MqttWire::connect_socket() {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(options_.host.c_str(), std::to_string(options_.port).c_str(), &hints, &found) != 0) {
        throw std::runtime_error("unknown host " + options_.host);
    }
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(fd_, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!connected) {
        ::close(fd_);
        throw std::runtime_error("no MQTT broker on port " + std::to_string(options_.port));
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

void MqttWire::handshake() {
    std::string body;
    put_text(body, "MQTT");
    body += static_cast<char>(options_.version);
    body += static_cast<char>(options_.clean ? 2 : 0);
    put16(body, options_.keep_alive_s);
    if (options_.version == 5) {
        std::string properties;
        if (!options_.clean) properties.append("\x11\x00\x01\x51\x80", 5);  // session expiry: 86,400 s
        properties += kReceiveMaximum;
        put16(properties, options_.receive_maximum);
        put_varint(body, properties.size());
        body += properties;
    }
    put_text(body, options_.client_id);
    out_ += '\x10';
    put_varint(out_, body.size());
    out_ += body;

    bool accepted = false;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!accepted) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("no CONNACK");
        exchange(100);
        MqttPacket packet{};
        if (!next(packet)) continue;  // what follows the CONNACK stays for the first pump()
        if (packet.type != MqttPacket::connack || packet.reason != 0) {
            throw std::runtime_error("connection refused, code " + std::to_string(packet.reason));
        }
        accepted = true;
        session_present_ = packet.dup;
        for (std::string_view rest = packet.properties; !rest.empty();) {
            char id = 0;
            std::string_view name;
            auto value = take_property(rest, id, name);
            if (id == kReceiveMaximum) broker_receive_maximum_ = take16(value);
        }
    }
}

void MqttWire::publish(std::string_view topic, std::uint16_t packet_id, std::string_view payload,
                       const std::vector<TestHeader>& headers, bool dup) {
    std::size_t property_size = 0;
    for (const auto& [name, value] : headers) property_size += 5 + name.size() + value.size();
    std::size_t size = 2 + topic.size() + 2 + payload.size();
    if (options_.version == 5) size += (property_size < 128 ? 1 : 2) + property_size;
    out_ += static_cast<char>(0x30 | (options_.publish_qos << 1) | (dup ? 8 : 0));
    put_varint(out_, size);
    put_text(out_, topic);
    put16(out_, packet_id);
    if (options_.version == 5) {
        put_varint(out_, property_size);
        for (const auto& [name, value] : headers) {
            out_ += kUserProperty;
            put_text(out_, name);
            put_text(out_, value);
        }
    }
    out_ += payload;
}

void MqttWire::puback(std::uint16_t packet_id) {
    out_ += "\x40\x02";
    put16(out_, packet_id);
}

void MqttWire::pubrel(std::uint16_t packet_id) {
    out_ += "\x62\x02";
    put16(out_, packet_id);
}

void MqttWire::subscribe(const std::vector<std::string>& filters, std::uint16_t packet_id) {
    std::string body;
    put16(body, packet_id);
    if (options_.version == 5) body += '\0';
    for (const auto& filter : filters) {
        put_text(body, filter);
        body += '\x01';
    }
    out_ += '\x82';
    put_varint(out_, body.size());
    out_ += body;
}

void MqttWire::disconnect() { out_.append("\xE0\x00", 2); }

void MqttWire::send() {
    while (unsent() > 0) {
        const auto n = ::send(fd_, out_.data() + sent_, unsent(), MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) throw std::runtime_error("connection lost");
        sent_ += static_cast<std::size_t>(n);
        last_sent_ = std::chrono::steady_clock::now();
    }
    out_.clear();
    sent_ = 0;
}

void MqttWire::gather() const {
    constexpr std::size_t kWorthACall = 8 * 1024;
    if (received_ > 0 && received_ < kWorthACall) ::usleep(500);
}

void MqttWire::exchange(int timeout_ms) {
    received_ = 0;
    if (std::chrono::steady_clock::now() - last_sent_ > std::chrono::seconds(options_.keep_alive_s) / 2) {
        out_.append("\xC0\x00", 2);
        last_sent_ = std::chrono::steady_clock::now();
    }
    send();
    pollfd wanted{.fd = fd_, .events = static_cast<short>(POLLIN | (unsent() > 0 ? POLLOUT : 0)), .revents = 0};
    ::poll(&wanted, 1, timeout_ms);
    if ((wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
    if ((wanted.revents & POLLOUT) != 0) send();
}

void MqttWire::receive() {
    const std::size_t before = in_.size();
    in_.resize(before + kReadSize);
    const auto n = ::recv(fd_, in_.data() + before, kReadSize, 0);
    received_ = static_cast<std::size_t>(n > 0 ? n : 0);
    in_.resize(before + received_);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) throw std::runtime_error("connection lost");
}

bool MqttWire::next(MqttPacket& packet) {
    std::string_view rest = std::string_view(in_).substr(handled_);
    if (rest.size() < 2) return false;
    const auto first = byte_at(rest, 0);
    rest.remove_prefix(1);
    const auto size = take_varint(rest);
    if (!size || rest.size() < *size) return false;
    packet = MqttPacket{};
    decode(first, rest.substr(0, *size), packet);
    handled_ = in_.size() - rest.size() + *size;
    return true;
}

void MqttWire::decode(std::uint8_t first, std::string_view body, MqttPacket& packet) const {
    packet.type = static_cast<MqttPacket::Type>(first >> 4);
    switch (packet.type) {
        case MqttPacket::connack:
            packet.dup = (byte_at(body, 0) & 1) != 0;  // session present
            packet.reason = byte_at(body, 1);
            body.remove_prefix(2);
            if (options_.version == 5) packet.properties = take(body, take_varint(body).value_or(0));
            break;
        case MqttPacket::publish:
            packet.dup = (first & 8) != 0;
            packet.qos = (first >> 1) & 3;
            packet.topic = take(body, take16(body));
            if (packet.qos > 0) packet.packet_id = take16(body);
            if (options_.version == 5) packet.properties = take(body, take_varint(body).value_or(0));
            packet.payload = body;
            break;
        case MqttPacket::puback:
        case MqttPacket::pubrec:
        case MqttPacket::pubcomp:
            packet.packet_id = take16(body);
            packet.reason = body.empty() ? 0 : byte_at(body, 0);
            break;
        case MqttPacket::suback:
            packet.packet_id = take16(body);
            packet.reason = byte_at(body, body.size() - 1);
            break;
        case MqttPacket::disconnect:
            throw std::runtime_error("the broker disconnected");
        default:
            break;
    }
}

void MqttWire::discard_handled() {
    in_.erase(0, handled_);
    handled_ = 0;
}

}  // namespace leat::test
