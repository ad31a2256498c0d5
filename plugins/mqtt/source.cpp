#include "source.hpp"

#include <algorithm>
#include <utility>

#include "mapping.hpp"
#include "settings.hpp"

namespace leat::mqtt {
namespace {

// Batches pushed in one turn of the shard, so that timers and other routes get their turn under a backlog.
constexpr int kBatchesPerTurn = 16;
constexpr std::size_t kReceiveBuffer = 256 * 1024;

// A limit below this is told to the broker, which then leaves to others what it must not send ($share).
constexpr std::uint64_t kFewInFlight = 8192;

// How far the broker may send ahead of our acknowledgements. Beyond a large limit it may go on into the socket, which
// we do not read then: whenever there is room, a broker with a backlog writes many packets at once. Measured, MQTT ->
// MQTT with 150,000 messages: 60,200/s instead of 54,600/s. Not with QoS 2: Mosquitto goes beyond what it is told,
// and then uses identifiers twice at a time, which QoS 1 alone is indifferent to.
std::uint16_t receive_maximum(const SourceOptions& options, std::uint64_t max_in_flight) {
    constexpr std::uint64_t kMost = 65'535;
    if (options.qos != 2 && max_in_flight >= kFewInFlight) return kMost;
    return static_cast<std::uint16_t>(std::clamp<std::uint64_t>(max_in_flight, 1, kMost));
}

}  // namespace

MqttSource::MqttSource(SourceOptions options, ConnectionSettings settings, Remembered& remembered)
    : options_(std::move(options)), settings_(std::move(settings)), remembered_(remembered) {}

void MqttSource::open() {
    settings_.connect.receive_maximum = receive_maximum(options_, identity().max_in_flight);
    settings_.receive_buffer =  // a byte limit must not be one buffer
        std::clamp<std::size_t>(identity().max_in_flight_bytes / 8, std::size_t{4096}, kReceiveBuffer);
    window_ = &open_window();
    headers_ = std::make_unique<Arena>(services());
    connection_ = std::make_unique<Connection>(services(), settings_, static_cast<Connection::Owner&>(*this));
    subscriptions_ =
        std::make_unique<Subscriptions>(wanted_of(options_), remembered_.of(settings_.connect.client_id));
}

void MqttSource::start() { connection_->start(); }

void MqttSource::connected(const Connack& connack) {
    inbound_.begin(connack.session_present);
    ahead_.start();
    subscriptions_->connected(connack.session_present, connection_->session());
    // Before SUBSCRIBE leaves: from now on the session may hold these filters.
    const std::string problem = remembered_.set(settings_.connect.client_id, subscriptions_->known());
    if (!problem.empty()) services().log_warning(problem);
    connection_->flush();
    wake();
}

void MqttSource::lost() { inbound_.lost(); }

void MqttSource::readable() { pump(); }

void MqttSource::resume() {
    connection_->flush_acknowledgements();  // those that settlements have written
    if (connection_->is_up()) pump();
}

void MqttSource::hold() { connection_->read(false); }

std::size_t MqttSource::credit() const {
    if (!emitting()) return 0;
    // Buffers count whole: a few small messages can pin a large one. With nothing in flight one message is always
    // admitted.
    if (window_->span() != 0 && connection_->live_bytes() >= window_->max_bytes() + settings_.receive_buffer)
        return 0;
    return static_cast<std::size_t>(std::min<std::uint64_t>(window_->credit(), LEAT_BATCH_MAX));
}

void MqttSource::pump() {
    leat_message batch[LEAT_BATCH_MAX];
    for (int round = 0; round < kBatchesPerTurn; ++round) {
        const std::size_t most = credit();
        if (most == 0) {
            connection_->flush_acknowledgements();  // PUBCOMPs
            connection_->read(false);
            // emit() says so itself where the window's credit has ended.
            if (emitting() && window_->span() != 0 && window_->credit() != 0) starved();
            return;
        }
        bool is_starved = false;
        const std::size_t n = gather(batch, most, is_starved);
        set_buffer_bytes(connection_->live_bytes());
        if (n != 0) {
            emit(*window_, batch, n);
            headers_->close();  // a block has adopted receive buffers, and must not keep them for later messages
        }
        if (is_starved) {
            connection_->flush_acknowledgements();  // of twins that have landed already, PUBCOMPs
            connection_->read(true);
            return;
        }
    }
    wake();
}

// Takes up to `most` messages from the connection.
std::size_t MqttSource::gather(leat_message* batch, std::size_t most, bool& is_starved) {  // hot: per message
    std::size_t n = 0;
    std::uint64_t bytes = window_->bytes();
    const std::uint64_t bytes_most = window_->max_bytes();
    const std::int64_t now_ns = services().host->wall_ns();
    Event event;
    while (n < most) {
        if (connection_->next(event) != Connection::Step::event) {
            is_starved = true;
            break;
        }
        if (event.kind != Event::Kind::published) {
            answer(event);
            continue;
        }
        const Publish& publish = event.publish;
        if (publish.qos != 0) {
            if (inbound_.adopt(publish)) {
                advanced(*window_);  // its outcome may be known
                continue;
            }
            inbound_.received(publish, window_->next() + n, connection_->buffer());
        }
        fill(batch[n++], publish, now_ns);
        bytes += publish.topic.size() + publish.payload.size();
        if (bytes >= bytes_most) break;
    }
    return n;
}

void MqttSource::fill(leat_message& m, const Publish& publish, std::int64_t now_ns) {  // hot: per message
    m.topic = {publish.topic.data(), publish.topic.size()};
    m.key = kAbsent;
    m.payload = bytes(as_text(publish.payload));
    m.headers = nullptr;
    m.header_count = 0;
    m.flags = (publish.dup ? LEAT_MESSAGE_REDELIVERED : 0U) | (publish.retain ? LEAT_MESSAGE_RETAINED : 0U);
    m.timestamp_ns = now_ns;
    m.buffer = connection_->buffer();
    leat_buffer_retain(m.buffer, 1);
    m.lane = lane_of_topic(publish.topic);
    m.attempt = 0;
    m.ext = nullptr;
    if (!publish.properties.empty()) add_headers(publish, *headers_, m);
}

void MqttSource::answer(const Event& event) {
    std::string refused;
    if (event.kind == Event::Kind::released) {
        inbound_.release(event.ack.packet_id, connection_->session());
    } else if (event.kind == Event::Kind::subscribed) {
        if (!subscriptions_->answered(event.granted, connection_->session().version(), refused))
            connection_->fail(refused);
    } else if (event.kind == Event::Kind::unsubscribed) {
        subscriptions_->unsubscribed(event.granted);
        const std::string problem = remembered_.set(settings_.connect.client_id, subscriptions_->known());
        if (!problem.empty()) services().log_warning(problem);
    }
}

void MqttSource::advanced(InFlight& window) {
    inbound_.acknowledge([&window](std::uint64_t sequence) { return window.is_settled(sequence); },
                         connection_->session());
}

void MqttSource::rejected(InFlight&, std::uint64_t sequence, const leat_settlement&) {
    inbound_.refuse(sequence, reason::implementation_specific);
    if (warned_of_reject_ || connection_->greeting().version == Version::v5) return;
    warned_of_reject_ = true;
    services().log_warning(
        "a message was rejected, and MQTT 3.1.1 has no way to tell the broker: it is acknowledged");
}

void MqttSource::stop() { connection_->stop(); }

void MqttSource::closed() {
    if (!is_idle()) {  // outcomes are still on their way up
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<MqttSource*>(self)->closed(); }, this);
        return;
    }
    // The next start gets a new connection, so the broker sends again what was given up: those must not be taken for
    // twins that somebody still answers for.
    inbound_.lost();
    inbound_.forget_unsettled([this](std::uint64_t sequence) { return window_->is_settled(sequence); });
    if (window_->span() != 0) forget(*window_);
    stopped();
}

}  // namespace leat::mqtt
