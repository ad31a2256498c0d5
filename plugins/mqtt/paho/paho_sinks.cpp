#include "paho/paho_sinks.hpp"

#include <algorithm>
#include <utility>

#include "reasons.hpp"

namespace leat::mqtt {
namespace {

// Paho looks each confirmed message up in lists of all that it has: more in flight makes it slower.
constexpr std::size_t kWindow = 500;

}  // namespace

PahoSinks::PahoSinks(PahoSettings settings) : settings_(std::move(settings)) {}

void PahoSinks::open() {
    SinkConnection::open();
    settings_.connect.clean_start = true;  // each connection sends what is unconfirmed as new
    settings_.connect.session_expiry = 0;
    version_ = settings_.connect.version;
    link_ = std::make_unique<PahoLink>(services(), settings_, static_cast<PahoLink::Owner&>(*this));
}

void PahoSinks::start() { link_->start(); }

void PahoSinks::stop() { link_->stop(); }

void PahoSinks::joined() {
    if (is_up_) require_granted();
}

bool PahoSinks::require_granted() {
    const std::string problem = unmet(granted_);
    if (!problem.empty()) link_->cut(problem);
    return problem.empty();
}

void PahoSinks::told(std::vector<PahoEvent>& events) {
    Settlements done;
    BufferRun buffers;
    for (const PahoEvent& event : events) {
        switch (event.kind) {
            case PahoEvent::Kind::state:
                services().host->state(services().me, event.state, bytes(event.why), event.next_attempt.count());
                tell_users(event.state, event.why, event.next_attempt);
                break;
            case PahoEvent::Kind::connected:
                begin(event);
                break;
            case PahoEvent::Kind::delivered:
                delivered(event, done, buffers);
                break;
            case PahoEvent::Kind::lost:
                lost();
                break;
            case PahoEvent::Kind::closed:
                lost();
                rest();
                is_sending_soon_ = false;
                done.flush();
                stopped();
                return;
            default:
                break;
        }
    }
    if (is_up_) send_soon();
}

void PahoSinks::begin(const PahoEvent& event) {
    lost();
    granted_ = event.granted;
    version_ = event.version;
    connection_ = event.connection;
    window_ = std::min<std::size_t>(kWindow, granted_.receive_maximum);
    is_up_ = require_granted();
}

void PahoSinks::lost() {
    is_up_ = false;
    with_paho_ = 0;
    for (std::uint64_t at = items_.front(); at != items_.end(); ++at) items_[at].is_sent = false;
    pop_ended();
    next_ = items_.front();
}

void PahoSinks::send_soon() {
    if (is_sending_soon_) return;
    is_sending_soon_ = true;
    services().defer(
        [](void* self) {
            auto* sinks = static_cast<PahoSinks*>(self);
            sinks->is_sending_soon_ = false;
            sinks->send();
        },
        this);
}

void PahoSinks::send() {
    bool has_any = false;
    while (is_up_ && next_ != items_.end() && with_paho_ < window_) has_any |= hand_over(next_++);
    if (has_any) link_->flush();
    if (items_.empty()) rest();
}

// False: it was not given to Paho.
bool PahoSinks::hand_over(std::uint64_t position) {
    Outbound::Item& item = items_[position];
    if (item.is_done) return false;
    const Publish& p = item.publish;
    if (granted_.maximum_packet_size != 0 && publish_size(p, version_) > granted_.maximum_packet_size) {
        Settlements done;
        BufferRun buffers;
        settle(end(position), done, buffers, LEAT_REJECT, kReasonCodes + reason::packet_too_large,
               "larger than the broker's Maximum Packet Size of " + std::to_string(granted_.maximum_packet_size) +
                   " bytes");
        return false;
    }
    auto message = paho::make_message(std::string(p.topic), p.payload.data(), p.payload.size(), p.qos, p.retain);
    if (version_ == Version::v5 && !p.properties.empty()) message->set_properties(properties_of(p.properties));
    item.is_sent = true;
    ++with_paho_;
    link_->publish(std::move(message), position, connection_);
    return true;
}

void PahoSinks::delivered(const PahoEvent& event, Settlements& done, BufferRun& buffers) {
    if (!items_.holds(event.position) || !items_[event.position].is_sent) return;
    --with_paho_;
    items_[event.position].is_sent = false;
    if (items_[event.position].is_done) return pop_ended();  // its sink has left
    const Outbound::Item item = end(event.position);
    if (event.code == reason::success)
        settle(item, done, buffers, LEAT_ACK, LEAT_NONE, {});
    else
        settle_by_code(item, event.code, {}, done, buffers);
}

void PahoSinks::give_up(std::uint32_t sink) {
    Settlements done;
    BufferRun buffers;
    for (std::uint64_t at = items_.front(); at != items_.end(); ++at)
        if (items_.holds(at) && items_[at].sink == sink && !items_[at].is_done)
            settle(end(at), done, buffers, LEAT_ABANDON, LEAT_NONE, {});
}

// Takes an item out; its place is kept while Paho has it.
Outbound::Item PahoSinks::end(std::uint64_t position) {
    items_[position].is_done = true;
    const Outbound::Item ended = items_[position];
    pop_ended();
    return ended;
}

void PahoSinks::pop_ended() {
    while (!items_.empty() && items_[items_.front()].is_done && !items_[items_.front()].is_sent) items_.pop_front();
    next_ = std::max(next_, items_.front());
}

}  // namespace leat::mqtt
