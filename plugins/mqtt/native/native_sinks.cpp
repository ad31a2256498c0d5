#include "native/native_sinks.hpp"

#include <algorithm>
#include <utility>

namespace leat::mqtt {
namespace {

// Bytes gathered for one write: large enough that the system call does not count, small enough to stay in the cache.
constexpr std::size_t kWriteAtOnce = 256 * 1024;

// Towards a broker that names no Receive Maximum (3.1.1, or none in CONNACK): enough to keep it busy, few enough that
// a reconnect does not send a flood again.
constexpr std::uint16_t kWindow = 8192;

// Whether an acknowledgement of this kind can be the answer to what was sent last for the item.
bool answers(Event::Kind kind, const Outbound::Item& item) {  // hot: per message
    switch (kind) {
        case Event::Kind::acknowledged:
            return item.publish.qos == 1;
        case Event::Kind::received:
            return item.publish.qos == 2;
        default:
            return item.is_received;
    }
}

}  // namespace

NativeSinks::NativeSinks(ConnectionSettings settings) : settings_(std::move(settings)) {
    // What comes here are PUBACKs, which nobody waits for while thousands of messages are on their way; see
    // awaited().
    settings_.gather = std::chrono::milliseconds(4);
}

void NativeSinks::open() {
    SinkConnection::open();
    settings_.receive_buffer = 64 * 1024;  // for acknowledgements
    settings_.connect.clean_start = true;  // nothing is known of an earlier process
    connection_ = std::make_unique<Connection>(services(), settings_, static_cast<Connection::Owner&>(*this));
}

void NativeSinks::start() { connection_->start(); }

void NativeSinks::stop() { connection_->stop(); }

void NativeSinks::closed() {
    rest();
    connection_->greeting().clean_start = true;
    was_connected_ = false;
    is_sending_soon_ = false;
    stopped();
}

void NativeSinks::joined() {
    if (connection_->is_up()) require_granted();
}

void NativeSinks::give_up(std::uint32_t sink) {
    Settlements done;
    BufferRun buffers;
    outbound_.for_each([&](std::uint64_t position, Outbound::Item& item) {
        if (item.sink == sink) settle(outbound_.give_up(position), done, buffers, LEAT_ABANDON, LEAT_NONE, {});
    });
    if (outbound_.needs_new_session()) connection_->greeting().clean_start = true;
}

void NativeSinks::connected(const Connack& connack) {
    connection_->greeting().clean_start = false;  // the session is ours from now on
    const bool is_resumed = connack.session_present && was_connected_;
    was_connected_ = true;
    outbound_.begin(is_resumed, std::min(connack.receive_maximum, kWindow));
    if (require_granted()) send_soon();
}

// A broker may end the connection of a client that asks for more than it grants, after every message: rather wait and
// say why.
bool NativeSinks::require_granted() {
    const std::string problem = unmet(connection_->granted());
    if (!problem.empty()) {
        connection_->fail(problem);
        return false;
    }
    return true;
}

void NativeSinks::lost() {
    outbound_.lost();
    if (outbound_.needs_new_session()) connection_->greeting().clean_start = true;
}

void NativeSinks::send_soon() {
    if (is_sending_soon_) return;
    is_sending_soon_ = true;
    services().defer(
        [](void* self) {
            auto* sinks = static_cast<NativeSinks*>(self);
            sinks->is_sending_soon_ = false;
            sinks->send();
        },
        this);
}

void NativeSinks::send() {
    while (connection_->is_up()) {
        Session& session = connection_->session();
        outbound_.write(session, kWriteAtOnce, connection_->granted().maximum_packet_size);
        if (!outbound_.too_large().empty()) refuse_too_large();
        if (session.out().empty()) {
            settle_written();
            break;
        }
        connection_->flush();
        if (!connection_->is_up() || !session.out().empty()) return;  // the rest when there is room: drained()
    }
    if (outbound_.held() == 0) rest();
}

void NativeSinks::readable() {
    {
        Settlements done;
        BufferRun buffers;
        Event event;
        while (connection_->next(event) == Connection::Step::event) {
            const bool is_answer = event.kind == Event::Kind::acknowledged || event.kind == Event::Kind::received ||
                                   event.kind == Event::Kind::completed;
            if (is_answer) take(event.kind, event.ack, done, buffers);
        }
    }
    send();
}

// A PUBACK, PUBREC or PUBCOMP.
void NativeSinks::take(Event::Kind kind, const Ack& ack, Settlements& done,
                       BufferRun& buffers) {  // hot: per message
    std::uint64_t position = 0;
    Session& session = connection_->session();
    if (!outbound_.find(ack.packet_id, position)) {  // not ours
        if (kind == Event::Kind::received)
            session.acknowledge(Packet::pubrel, ack.packet_id, reason::packet_id_not_found);
        return;
    }
    if (!answers(kind, outbound_.at(position)))
        return connection_->fail("the broker broke the protocol: an acknowledgement of another QoS than the message");
    if (kind == Event::Kind::received && ack.code < reason::unspecified)
        outbound_.release(position, ack.code, session);
    else
        conclude(position, ack, done, buffers);
}

void NativeSinks::conclude(std::uint64_t position, const Ack& ack, Settlements& done,
                           BufferRun& buffers) {  // hot: per message
    const Outbound::Item& item = outbound_.at(position);
    if (!outbound_.is_live(position)) {  // its sink has left
        outbound_.finish(position);
        return;
    }
    // A PUBREL sent again may find nothing: the broker had completed the message, and its PUBCOMP got lost.
    const bool is_known_done = ack.code == reason::packet_id_not_found && item.is_received && item.is_repeated;
    if ((ack.code == reason::success || is_known_done) && item.code == reason::success) {
        settle(outbound_.finish(position), done, buffers, LEAT_ACK, LEAT_NONE, {});
        return;
    }
    const std::uint8_t code = ack.code == reason::success || is_known_done ? item.code : ack.code;
    settle_by_code(outbound_.finish(position), code, ack.reason_string, done, buffers);
}

// QoS 0 messages have landed, as far as can be known, when the socket has them.
void NativeSinks::settle_written() {
    if (outbound_.written().empty()) return;
    Settlements done;
    BufferRun buffers;
    const std::vector<std::uint64_t> written = std::exchange(outbound_.written(), {});
    for (const std::uint64_t position : written) {
        if (!outbound_.is_live(position)) continue;  // its sink has left
        settle(outbound_.finish(position), done, buffers, LEAT_ACK, LEAT_NONE, {});
    }
}

void NativeSinks::refuse_too_large() {
    Settlements done;
    BufferRun buffers;
    const std::vector<std::uint64_t> refused = std::exchange(outbound_.too_large(), {});
    const std::string why = "larger than the broker's Maximum Packet Size of " +
                            std::to_string(connection_->granted().maximum_packet_size) + " bytes";
    for (const std::uint64_t position : refused) {
        if (!outbound_.is_live(position)) continue;
        settle(outbound_.finish(position), done, buffers, LEAT_REJECT, kReasonCodes + reason::packet_too_large, why);
    }
}

}  // namespace leat::mqtt
