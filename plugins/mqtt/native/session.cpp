#include "native/session.hpp"

namespace leat::mqtt {
namespace {

// What an answer to a packet of ours, or a PUBREL, is to the session's owner.
Event::Kind kind_of(Packet packet) {
    switch (packet) {
        case Packet::puback:
            return Event::Kind::acknowledged;
        case Packet::pubrec:
            return Event::Kind::received;
        case Packet::pubrel:
            return Event::Kind::released;
        case Packet::pubcomp:
            return Event::Kind::completed;
        case Packet::suback:
            return Event::Kind::subscribed;
        default:
            return Event::Kind::unsubscribed;
    }
}

}  // namespace

void Session::open(const Connect& connect, std::size_t largest) {
    out_.clear();
    largest_ = largest;
    version_ = connect.version;
    state_ = State::connecting;
    wanted_ = 0;
    encode_connect(out_, connect);
}

Session::Step Session::next(Bytes& in, Event& out) {
    if (state_ == State::closed) return Step::over;
    Frame frame;
    switch (next_frame(in, largest_, frame)) {
        case Framing::partial:
            wanted_ = frame.size;
            return Step::starved;
        case Framing::malformed:
            return broken("a packet whose length is malformed", reason::malformed, out);
        case Framing::too_large:
            return broken("a packet larger than max_packet_size", reason::packet_too_large, out);
        case Framing::whole:
            break;
    }
    out.packet = in.first(frame.size);
    in = in.subspan(frame.size);
    return take(frame, out);
}

Session::Step Session::take(const Frame& frame, Event& out) {
    if (frame.type() == Packet::publish && state_ == State::connected) {
        out.kind = Event::Kind::published;
        if (Fault fault = decode_publish(frame.first, frame.body, version_, out.publish))
            return broken(fault, reason::malformed, out);
        return Step::event;
    }
    const Fault fault = state_ == State::connecting ? take_connack(frame, out) : dispatch(frame, out);
    if (fault != nullptr) return broken(fault, reason::protocol_error, out);
    return Step::event;
}

Fault Session::take_connack(const Frame& frame, Event& out) {
    if (frame.type() != Packet::connack) return "the first packet is no CONNACK";
    if ((frame.first & 0x0FU) != 0) return "CONNACK with reserved flags set";
    if (Fault fault = decode_connack(frame.body, version_, out.connack)) return fault;
    const bool granted = out.connack.code == reason::success;
    out.kind = granted ? Event::Kind::connected : Event::Kind::refused;
    state_ = granted ? State::connected : State::closed;
    return nullptr;
}

Fault Session::dispatch(const Frame& frame, Event& out) {
    switch (frame.type()) {
        case Packet::puback:
        case Packet::pubrec:
        case Packet::pubrel:
        case Packet::pubcomp:
            out.kind = kind_of(frame.type());
            return decode_ack(frame.first, frame.body, version_, out.ack);
        case Packet::suback:
        case Packet::unsuback:
            out.kind = kind_of(frame.type());
            return decode_granted(frame.first, frame.body, version_, out.granted);
        case Packet::pingresp:
            out.kind = Event::Kind::ping_answered;
            return frame.first == 0xD0 && frame.body.empty() ? nullptr : "PINGRESP is malformed";
        case Packet::disconnect:
            out.kind = Event::Kind::closed;
            out.fault = nullptr;
            state_ = State::closed;
            return decode_disconnect(frame.first, frame.body, version_, out.goodbye);
        case Packet::connack:
            return "a second CONNACK";
        case Packet::auth:
            return "AUTH, though no authentication method was agreed";
        default:
            return "a packet that only a client may send";
    }
}

Session::Step Session::broken(Fault fault, std::uint8_t code, Event& out) {
    if (state_ == State::connected && version_ == Version::v5) encode_disconnect(out_, code, version_);
    state_ = State::closed;
    out.kind = Event::Kind::closed;
    out.fault = fault;
    out.goodbye = {};
    out.goodbye.code = code;
    return Step::event;
}

void Session::publish(const Publish& publish) {
    const std::size_t size = publish_size(publish, version_);
    const std::size_t at = out_.size();
    out_.resize(at + size);
    write_publish(out_.data() + at, publish, version_);
}

std::uint16_t Session::subscribe(std::span<const Wanted> filters) {
    const std::uint16_t id = next_id();
    encode_subscribe(out_, id, filters, version_);
    return id;
}

std::uint16_t Session::unsubscribe(std::span<const std::string> filters) {
    const std::uint16_t id = next_id();
    encode_unsubscribe(out_, id, filters, version_);
    return id;
}

void Session::disconnect(std::uint8_t code) {
    if (state_ == State::connected) encode_disconnect(out_, code, version_);
    state_ = State::closed;
}

std::uint16_t Session::next_id() {
    if (++last_id_ == 0) last_id_ = 1;
    return last_id_;
}

}  // namespace leat::mqtt
