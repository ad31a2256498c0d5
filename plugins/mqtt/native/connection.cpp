#include "native/connection.hpp"

#include <algorithm>
#include <utility>

#include "reasons.hpp"

namespace leat::mqtt {
namespace {

constexpr std::uint8_t kOldUnacceptableVersion = 1;  // CONNACK return code of 3.1.1

// After a read that gave less than this from a fast stream, the socket is left alone for a moment: what comes
// meanwhile is read, and its acknowledgements are written, at once. Measured, Kafka -> MQTT QoS 1 through a bare
// bridge: 30,000/s at 6.4 us a message without, 64,000/s at 1.5 us with it. What a source costs at 236,000/s: 0.37 us
// a message with 8 KiB here, 0.24 us with 32 KiB.
constexpr std::size_t kLittle = 32 * 1024;

constexpr std::size_t kFewAnswers = 8 * 1024;  // bytes of acknowledgements that wait for the end of a pause

constexpr Nanoseconds kFarewell = std::chrono::seconds(5);  // longest wait for the broker to take leave

}  // namespace

Connection::Connection(Services services, ConnectionSettings settings, Owner& owner)
    : services_(services),
      settings_(std::move(settings)),
      owner_(owner),
      link_(services, *this),
      intake_(settings_.receive_buffer),
      reconnect_(settings_.delay_min, settings_.delay_max),
      random_(std::random_device{}()) {}

void Connection::start() {
    is_running_ = true;
    attempt();
}

void Connection::stop() {
    is_running_ = false;
    if (is_connected_)
        leave();
    else
        left();
}

// A broker with a backlog reads our last PUBACKs long after they are written, and drops them unread when the same
// client id connects again meanwhile: 200,000 messages came twice. It closes its end when it has come to the
// DISCONNECT: wait for that.
void Connection::leave() {
    const bool leaves_will = settings_.will_on_stop && settings_.connect.will.has_value();
    session_.disconnect(leaves_will ? reason::disconnect_with_will : reason::success);
    services_.cancel(gather_timer_);
    is_connected_ = false;
    is_leaving_ = true;
    reads_ = true;
    flush();
    if (!is_leaving_) return;
    watch();
    arm_timer(kFarewell);
}

void Connection::left() {
    is_leaving_ = false;
    close();
    if (!link_.is_resolving()) owner_.closed();
}

void Connection::link_idle() {
    if (!is_running_) owner_.closed();
}

std::string Connection::place() const { return settings_.host + ":" + std::to_string(settings_.port); }

void Connection::tell(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) {
    services_.host->state(services_.me, state, bytes(why), next_attempt.count());
    owner_.state(state, why, next_attempt);
}

void Connection::attempt() {
    tell(LEAT_STATE_CONNECTING, "connecting to " + place());
    is_attempting_ = true;
    std::string error;
    TlsFiles files = settings_.tls;
    if (settings_.credentials && !settings_.credentials(settings_.connect, files, error)) return fail(error);
    if (settings_.uses_tls) {
        tls_ = TlsContext::load(files, error);
        if (tls_ == nullptr) return fail(error);
    }
    deadline_ = services_.now() + settings_.connect_timeout;
    arm_timer(settings_.connect_timeout);
    link_.open({settings_.host, settings_.port, tls_.get()});
}

void Connection::arm_timer(Nanoseconds delay) {
    services_.cancel(timer_);
    timer_ = services_.after(
        delay, [](void* self) { static_cast<Connection*>(self)->tick(); }, this);
}

void Connection::tick() {
    timer_ = 0;
    if (is_leaving_) return left();
    if (!is_running_) return;
    if (!is_attempting_ && !is_connected_) return attempt();
    const Nanoseconds now = services_.now();
    if (!is_connected_) {
        if (now < deadline_) return arm_timer(deadline_ - now);
        return fail(link_.is_up() ? "no CONNACK within connect_timeout" : "no answer within connect_timeout");
    }
    switch (keep_alive_.tick(now)) {
        case KeepAlive::Action::dead:
            return fail("the broker has been silent for the keep-alive time");
        case KeepAlive::Action::ping: {
            session_.ping();
            const bool was_waiting = writes_;
            flush();
            if (is_connected_ && was_waiting && !writes_) owner_.drained();
            break;
        }
        case KeepAlive::Action::none:
            break;
    }
    if (is_connected_ && keep_alive_.period() > Nanoseconds::zero()) arm_timer(keep_alive_.period());
}

void Connection::link_up() {
    session_.open(settings_.connect, settings_.max_packet_size);
    written_ = 0;
    intake_.clear();
    reads_ = true;
    writes_ = false;
    flush();
}

void Connection::link_down(const std::string& why) { fail(why); }

void Connection::link_readable() {
    if (is_leaving_) {  // what still comes will come again
        const auto room = intake_.room(0);
        if (link_.read(room.data(), room.size()) < 0) left();
        return;
    }
    if (is_connected_) {
        owner_.readable();
        return;
    }
    Event event;
    bool is_for_owner = false;
    if (!receive()) return;
    Bytes in = intake_.unread();
    const std::size_t before = in.size();
    const Step step = session_.next(in, event);
    intake_.consume(before - in.size());
    if (step == Step::event) handle(event, is_for_owner);
    if (is_connected_ && !intake_.unread().empty()) owner_.readable();
}

// Reads once. False when nothing was there, or is to gather first, or the connection has ended.
bool Connection::receive() {
    if (!link_.is_up()) return false;
    note_pace();
    if (gathers()) return false;
    const auto room = intake_.room(session_.wanted());
    const ssize_t got = link_.read(room.data(), room.size());
    if (got > 0) {
        intake_.filled(static_cast<std::size_t>(got));
        read_at_ = services_.now();
        keep_alive_.received(read_at_);
        read_little_ = static_cast<std::size_t>(got) < kLittle;
        has_paused_ = false;
        return true;
    }
    if (got == 0 && std::exchange(has_paused_, false)) owner_.stalled();
    if (got < 0) fail(why_it_ended());
    return false;
}

// Told of a read when its packets have been taken: they stand for the time before it.
void Connection::note_pace() {
    if (packets_ == 0) return;
    pace_.came(read_at_, std::exchange(packets_, 0));
    if (!pace_.is_fast()) link_.confirm();  // many packets confirm each other
}

// Whether the socket is to be left alone for now.
bool Connection::gathers() {
    if (gather_timer_ != 0) return true;
    if (!read_little_ || !is_connected_) return false;
    read_little_ = false;
    if (!pace_.is_fast()) return false;
    const Nanoseconds pause = read_at_ + pace_.pause(settings_.gather, owner_.awaited()) - services_.now();
    if (pause < Pace::kShortest) return false;
    gather(pause);
    return true;
}

void Connection::gather(Nanoseconds pause) {
    gather_timer_ = services_.after(
        pause,
        [](void* self) {
            auto* connection = static_cast<Connection*>(self);
            connection->gather_timer_ = 0;
            connection->has_paused_ = true;
            connection->flush();
            if (connection->is_connected_ && connection->reads_) connection->owner_.readable();
            if (connection->is_connected_) connection->watch();
        },
        this);
    watch();
}

Connection::Step Connection::next(Event& out) {  // hot: per message
    while (is_connected_) {
        const Bytes unread = intake_.unread();
        Bytes in = unread;
        const Step step = session_.next(in, out);
        intake_.consume(unread.size() - in.size());
        if (step == Step::event) {
            ++packets_;
            if (out.kind == Event::Kind::published) return step;
            bool is_for_owner = false;
            const Step handled = handle(out, is_for_owner);
            if (is_for_owner || handled == Step::over) return handled;
        } else if (step == Step::over || !receive()) {
            return is_connected_ ? Step::starved : Step::over;
        }
    }
    return Step::over;
}

// What the connection itself must know; the rest is for the owner.
Connection::Step Connection::handle(Event& event, bool& is_for_owner) {
    switch (event.kind) {
        case Event::Kind::connected:
            accept(event.connack);
            break;
        case Event::Kind::refused:
            refuse(event.connack);
            return Step::over;
        case Event::Kind::ping_answered:
            keep_alive_.answered();
            break;
        case Event::Kind::closed: {
            flush();  // our DISCONNECT with the reason, if the socket takes it
            if (!is_connected_) return Step::over;
            std::string why = event.fault != nullptr ? std::string("the broker broke the protocol: ") + event.fault
                                                     : "the broker disconnected: " + in_words(event.goodbye.code);
            if (!event.goodbye.reason_string.empty())
                why.append(" (").append(event.goodbye.reason_string).append(")");
            if (!event.goodbye.server_reference.empty())
                why.append("; it refers to ").append(event.goodbye.server_reference);
            fail(why);
            return Step::over;
        }
        default:
            is_for_owner = true;
            break;
    }
    return Step::event;
}

void Connection::accept(const Connack& connack) {
    const Nanoseconds now = services_.now();
    connack_ = connack;
    connack_.assigned_client_id = {};
    connack_.reason_string = {};
    is_connected_ = true;
    is_attempting_ = false;
    reconnect_.connected(now);
    const std::uint16_t seconds =
        connack.has_server_keep_alive ? connack.server_keep_alive : settings_.connect.keep_alive;
    keep_alive_.start(std::chrono::seconds(seconds), now);
    pace_.start(read_at_);
    packets_ = 0;
    read_little_ = false;
    has_paused_ = false;
    services_.cancel(timer_);
    if (keep_alive_.period() > Nanoseconds::zero()) arm_timer(keep_alive_.period());
    tell(LEAT_STATE_UP, "connected to " + place() + ", MQTT " +
                            (settings_.connect.version == Version::v5 ? "5" : "3.1.1") +
                            (connack.session_present ? ", session resumed" : ""));
    owner_.connected(connack_);
}

void Connection::refuse(const Connack& connack) {
    const bool is_v5 = settings_.connect.version == Version::v5;
    const bool unknown_version =
        connack.code == reason::unsupported_version || connack.code == kOldUnacceptableVersion;
    if (is_v5 && unknown_version && settings_.falls_back) {
        services_.log_warning(place() +
                              " does not speak MQTT 5: going on with 3.1.1, which has no reason codes; "
                              "a publish that the broker refuses then counts as landed");
        settings_.connect.version = Version::v3_1_1;
        close();
        return attempt();
    }
    std::string why = "the broker refuses the connection: " +
                      (is_v5 && connack.code >= 0x80 ? in_words(connack.code) : connack_in_words_3_1_1(connack.code));
    if (!connack.reason_string.empty()) why.append(" (").append(connack.reason_string).append(")");
    fail(why);
}

void Connection::flush() {
    ByteBuffer& out = session_.out();
    while (link_.is_up() && written_ < out.size()) {
        const ssize_t sent = link_.write(out.data() + written_, out.size() - written_);
        if (sent < 0) {
            if (is_leaving_) return left();
            return fail(why_it_ended());
        }
        if (sent == 0) break;
        written_ += static_cast<std::size_t>(sent);
    }
    if (!link_.is_up()) return;
    const bool is_done = written_ == out.size();
    if (is_done && written_ != 0) {
        out.clear();
        written_ = 0;
        keep_alive_.sent(services_.now());
    }
    if (writes_ == is_done) {
        writes_ = !is_done;
        watch();
    }
}

void Connection::flush_acknowledgements() {
    if (gather_timer_ == 0 || session_.out().size() >= kFewAnswers) flush();
}

void Connection::link_writable() {
    flush();
    if (is_connected_ && !writes_) owner_.drained();
}

void Connection::read(bool on) {
    if (reads_ == on || !is_connected_) return;
    reads_ = on;
    keep_alive_.reading(on, services_.now());
    watch();
}

// By value: the words may lie in the stream that goes now.
// With TLS 1.3 a broker judges the client's certificate behind the handshake. What it says of it is lost where the
// connection is reset before it has been read.
std::string Connection::why_it_ended() const {
    const std::string& why = link_.error();
    if (!tls_ || is_connected_ || why.find("certificate") != std::string::npos) return why;
    return why + (settings_.tls.cert.empty() ? ", before it answered: it may want a client certificate (cert, key)"
                                             : ", before it answered: it may not take the client certificate (cert)");
}

void Connection::fail(std::string why) {
    if (!is_running_) return;
    close();
    const Nanoseconds now = services_.now();
    reconnect_.lost(now);
    const Nanoseconds delay = reconnect_.next(static_cast<std::uint32_t>(random_()));
    owner_.lost();
    tell(LEAT_STATE_DOWN, place() + ": " + why, delay);
    arm_timer(delay);
}

void Connection::close() {
    services_.cancel(timer_);
    services_.cancel(gather_timer_);
    link_.close();
    intake_.clear();
    session_.out().clear();
    written_ = 0;
    is_connected_ = false;
    is_attempting_ = false;
}

}  // namespace leat::mqtt
