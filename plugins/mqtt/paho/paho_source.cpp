#include "paho/paho_source.hpp"

#include <algorithm>
#include <utility>

#include "mapping.hpp"
#include "settings.hpp"

namespace leat::mqtt {
namespace {

// Keeps a message of Paho's, and the property block made from it, while messages of ours point into it.
struct Kept : leat_buffer {
    paho::const_message_ptr message;
    ByteBuffer properties;

    static Kept* make(paho::const_message_ptr message) {
        Kept* kept = new Kept;
        kept->message = std::move(message);
        kept->properties = block_of(kept->message->get_properties());
        kept->refs = 1;
        kept->flags = 0;
        kept->capacity = sizeof *kept + kept->message->get_topic().size() + kept->message->get_payload().size() +
                         kept->properties.size();
        kept->release = [](leat_buffer* self) { delete static_cast<Kept*>(self); };
        return kept;
    }
};

bool is_same(const paho::message& a, const paho::message& b) {
    return a.get_qos() == b.get_qos() && a.get_topic() == b.get_topic() && a.get_payload() == b.get_payload();
}

}  // namespace

PahoSource::PahoSource(SourceOptions options, PahoSettings settings, Remembered& remembered)
    : options_(std::move(options)), settings_(std::move(settings)), remembered_(remembered) {}

void PahoSource::open() {
    const std::uint64_t most = std::max<std::uint64_t>(identity().max_in_flight, 1);
    settings_.connect.receive_maximum = static_cast<std::uint16_t>(std::min<std::uint64_t>(most, 65'535));
    settings_.can_be_cut = true;
    settings_.wanted = wanted_of(options_);
    for (const std::string& filter : remembered_.of(settings_.connect.client_id)) {
        const bool is_wanted =
            std::find(options_.topics.begin(), options_.topics.end(), filter) != options_.topics.end();
        if (!is_wanted) settings_.gone.push_back(filter);
    }
    window_ = &open_window();
    headers_ = std::make_unique<Arena>(services());
    link_ = std::make_unique<PahoLink>(services(), settings_, static_cast<PahoLink::Owner&>(*this));
}

void PahoSource::start() {
    is_stopping_ = false;
    std::vector<std::string> all = settings_.gone;
    all.insert(all.end(), options_.topics.begin(), options_.topics.end());
    remember(std::move(all));  // before SUBSCRIBE leaves: from now on the session may hold these filters
    link_->start();
}

void PahoSource::remember(std::vector<std::string> filters) {
    const std::string problem = remembered_.set(settings_.connect.client_id, std::move(filters));
    if (!problem.empty()) services().log_warning(problem);
}

// On Paho's receive thread. Returning sends the PUBACK, so without an answer the connection is cut first.
void PahoSource::arrived(paho::const_message_ptr message) {
    if (link_->is_lost()) return;  // Paho had it in its buffers; the PUBACK has no way to go
    std::unique_lock lock(mutex_);
    if (!is_stopping_) {
        held_ = std::move(message);
        is_taken_ = false;
        is_answered_ = false;
        PahoEvent event;
        event.kind = PahoEvent::Kind::arrived;
        event.position = ++arrival_;
        link_->tell(std::move(event));
        const auto is_over = [this] { return is_answered_ || is_stopping_; };
        if (settings_.connect.keep_alive == 0)
            landed_.wait(lock, is_over);
        else
            (void)landed_.wait_for(lock, std::chrono::milliseconds(settings_.connect.keep_alive * 500), is_over);
        held_.reset();
        if (is_answered_) return;
        is_taken_ = false;  // from here on nothing answers for it
    }
    const bool is_stopping = is_stopping_;
    lock.unlock();
    link_->cut(is_stopping ? "stopped"
                           : "a message has not landed within half the keep-alive: left unacknowledged, so that the "
                             "broker sends it again");
}

void PahoSource::told(std::vector<PahoEvent>& events) {
    for (const PahoEvent& event : events) {
        switch (event.kind) {
            case PahoEvent::Kind::state:
                services().host->state(services().me, event.state, bytes(event.why), event.next_attempt.count());
                break;
            case PahoEvent::Kind::connected:
                begin(event);
                break;
            case PahoEvent::Kind::subscribed:
                remember(options_.topics);
                break;
            case PahoEvent::Kind::arrived:
                due_ = event.position;
                take();
                break;
            case PahoEvent::Kind::lost:
                lost();
                break;
            case PahoEvent::Kind::closed:
                closed();
                break;
            case PahoEvent::Kind::delivered:
                break;
        }
    }
}

void PahoSource::begin(const PahoEvent& event) {
    lost();
    if (!event.granted.session_present) earlier_.clear();  // the broker knows nothing of them
}

void PahoSource::lost() {
    if (current_ && current_->message->get_qos() != 0) earlier_.push_front(std::move(*current_));
    current_.reset();
}

// Takes the held message over, when there is one and there is credit for it.
void PahoSource::take() {
    paho::const_message_ptr message;
    {
        const std::lock_guard lock(mutex_);
        if (held_ == nullptr || is_taken_ || arrival_ != due_) return;
        const bool is_repetition = held_->is_duplicate() && !earlier_.empty();
        if (!emitting() || (!is_repetition && window_->credit() == 0)) return;
        message = held_;
        is_taken_ = true;
    }
    if (adopt(message)) {
        if (window_->is_settled(current_->sequence)) answer();
    } else if (window_->credit() != 0) {
        emit_one(message);
    } else {
        const std::lock_guard lock(mutex_);
        is_taken_ = false;
    }
}

// Whether it is the oldest message that an earlier connection left behind, sent again.
bool PahoSource::adopt(const paho::const_message_ptr& message) {
    if (earlier_.empty() || message->get_qos() == 0) return false;
    if (!message->is_duplicate()) {
        earlier_.clear();  // the broker has sent again all that it will
        return false;
    }
    if (!is_same(*earlier_.front().message, *message)) return false;
    current_ = std::move(earlier_.front());
    earlier_.pop_front();
    return true;
}

void PahoSource::emit_one(const paho::const_message_ptr& message) {
    current_ = Unacknowledged{window_->next(), message};
    Kept* const kept = Kept::make(message);
    Publish publish;
    publish.topic = message->get_topic();
    publish.payload = as_bytes(message->get_payload());
    publish.properties = kept->properties;
    leat_message m;
    m.topic = bytes(publish.topic);
    m.key = kAbsent;
    m.payload = bytes(message->get_payload());
    m.headers = nullptr;
    m.header_count = 0;
    m.flags = (message->is_duplicate() ? LEAT_MESSAGE_REDELIVERED : 0U) |
              (message->is_retained() ? LEAT_MESSAGE_RETAINED : 0U);
    m.timestamp_ns = services().host->wall_ns();
    m.buffer = kept;
    m.lane = lane_of_topic(publish.topic);
    m.attempt = 0;
    m.ext = nullptr;
    if (!publish.properties.empty()) add_headers(publish, *headers_, m);
    emit(*window_, &m, 1);
    headers_->close();
    // One in flight: whatever waits to be collected with others waits in vain.
    if (current_ && !window_->is_settled(current_->sequence) && window_->credit() != 0 && emitting()) starved();
}

void PahoSource::advanced(InFlight& window) {
    if (current_ && window.is_settled(current_->sequence)) answer();
}

// What has landed may be of a connection that is gone, before the shard is told so: then the callback that is held
// now is not its own. It stays current, so that lost() keeps it and the broker's repetition is known and answered at
// once.
void PahoSource::answer() {
    {
        const std::lock_guard lock(mutex_);
        if (!is_taken_) return;
        is_answered_ = true;
        landed_.notify_all();
    }
    current_.reset();
}

void PahoSource::rejected(InFlight&, std::uint64_t, const leat_settlement&) {
    if (warned_of_reject_) return;
    warned_of_reject_ = true;
    services().log_warning("a message was rejected, and Paho has no way to tell the broker: it is acknowledged");
}

void PahoSource::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        landed_.notify_all();
    }
    link_->stop();
}

void PahoSource::closed() {
    if (!is_idle()) {  // outcomes are still on their way up
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<PahoSource*>(self)->closed(); }, this);
        return;
    }
    // The broker sends again what was given up; those must not be taken for messages that somebody still answers for.
    lost();
    std::erase_if(earlier_, [this](const Unacknowledged& u) { return !window_->is_settled(u.sequence); });
    if (window_->span() != 0) forget(*window_);
    stopped();
}

}  // namespace leat::mqtt
