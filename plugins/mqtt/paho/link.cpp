#include "paho/link.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "reasons.hpp"

namespace leat::mqtt {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFarewell{2000};  // longest wait for DISCONNECT to leave

// Paho ends its threads with the last client and begins them with the next: a reconnect would take seconds. So one
// client, never connected, stays for the life of the process.
void keep_threads() {
    static const auto* const anchor = new paho::async_client("tcp://127.0.0.1:1", "leat-anchor");
    (void)anchor;
}

}  // namespace

// Told of CONNACK on Paho's receive thread, and so before any message that comes behind it.
struct PahoLink::Greeting final : paho::iaction_listener {
    explicit Greeting(PahoLink& l) : link(l) {}
    void on_success(const paho::token& token) override {
        PahoEvent event;
        event.kind = PahoEvent::Kind::connected;
        event.granted = connack_of(token.get_connect_response());
        event.version = link.settings_.connect.version;
        event.connection = link.present();
        link.tell(std::move(event));
    }
    void on_failure(const paho::token&) override {}  // its token throws
    PahoLink& link;
};

PahoLink::PahoLink(Services services, PahoSettings settings, Owner& owner)
    : services_(services),
      settings_(std::move(settings)),
      owner_(owner),
      greeting_(std::make_unique<Greeting>(*this)) {}

PahoLink::~PahoLink() {
    stop();
    if (thread_.joinable()) thread_.join();
}

void PahoLink::start() {
    if (thread_.joinable()) thread_.join();  // of the start before; it has said that it is closed
    is_stopping_ = false;
    is_lost_ = false;
    next_connection();
    thread_ = std::thread([this] { run(); });
}

void PahoLink::stop() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    wake_.notify_all();
}

void PahoLink::publish(paho::const_message_ptr message, std::uint64_t position, std::uint64_t connection) {
    const std::lock_guard lock(mutex_);
    if (connection == connection_) outgoing_.push_back({std::move(message), position});
}

// Under mutex_. The owner keeps what was handed over, and hands it over again.
void PahoLink::next_connection() {
    ++connection_;
    outgoing_.clear();
}

std::uint64_t PahoLink::present() {
    const std::lock_guard lock(mutex_);
    return connection_;
}

void PahoLink::flush() { wake_.notify_all(); }

void PahoLink::cut(std::string why) {
    if (settings_.can_be_cut) tunnel_->cut();
    lose(std::move(why));
}

bool PahoLink::is_lost() {
    const std::lock_guard lock(mutex_);
    return is_lost_;
}

void PahoLink::lose(std::string why) {
    const std::lock_guard lock(mutex_);
    if (is_lost_) return;
    is_lost_ = true;
    lost_why_ = std::move(why);
    wake_.notify_all();
}

void PahoLink::tell(PahoEvent event) {
    bool is_first = false;
    {
        const std::lock_guard lock(events_mutex_);
        is_first = events_.empty();
        events_.push_back(std::move(event));
    }
    if (is_first) services_.post(&PahoLink::drain, this);
}

void PahoLink::drain(void* self) {
    PahoLink& link = *static_cast<PahoLink*>(self);
    {
        const std::lock_guard lock(link.events_mutex_);
        link.taken_.swap(link.events_);
    }
    link.owner_.told(link.taken_);
    link.taken_.clear();
}

void PahoLink::tell_state(std::uint32_t state, std::string why, Nanoseconds next_attempt) {
    PahoEvent event;
    event.kind = PahoEvent::Kind::state;
    event.state = state;
    event.why = std::move(why);
    event.next_attempt = next_attempt;
    tell(std::move(event));
}

bool PahoLink::must_end() {
    const std::lock_guard lock(mutex_);
    return is_stopping_ || is_lost_;
}

void PahoLink::run() {
    std::minstd_rand random(std::random_device{}());
    Reconnect reconnect(settings_.delay_min, settings_.delay_max);
    for (;;) {
        tell_state(LEAT_STATE_CONNECTING, "connecting to " + place());
        std::string why = attempt();
        if (why.empty()) {
            reconnect.connected(Clock::now().time_since_epoch());
            why = serve();
        }
        end_client();
        std::unique_lock lock(mutex_);
        if (is_stopping_) break;
        is_lost_ = false;
        next_connection();
        lock.unlock();
        reconnect.lost(Clock::now().time_since_epoch());
        const Nanoseconds delay = reconnect.next(static_cast<std::uint32_t>(random()));
        PahoEvent lost;
        lost.kind = PahoEvent::Kind::lost;
        tell(std::move(lost));
        tell_state(LEAT_STATE_DOWN, place() + ": " + why, delay);
        lock.lock();
        if (wake_.wait_for(lock, delay, [this] { return is_stopping_; })) break;
    }
    PahoEvent closed;
    closed.kind = PahoEvent::Kind::closed;
    tell(std::move(closed));
}

// Empty when connected and subscribed, else why not.
std::string PahoLink::attempt() {
    std::string error;
    TlsFiles files = settings_.tls;
    if (settings_.credentials && !settings_.credentials(settings_.connect, files, error)) return error;
    try {
        keep_threads();
        if (settings_.can_be_cut) {
            const auto at = settings_.proxy.rfind('@');
            tunnel_ =
                std::make_unique<Tunnel>(settings_.host, settings_.port,
                                         at == std::string::npos ? settings_.proxy : settings_.proxy.substr(at + 1));
        }
        const bool is_v5 = settings_.connect.version == Version::v5;
        paho::create_options create(is_v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
        create.set_max_buffered_messages(kMostWithPaho);  // of those on their way to Paho's thread, connected or not
        client_ = std::make_unique<paho::async_client>(uri_of(settings_), settings_.connect.client_id, create);
        client_->set_connection_lost_handler([this](const std::string& cause) {
            lose(cause.empty() ? "the connection has ended" : "the connection has ended: " + cause);
        });
        client_->set_disconnected_handler([this](const paho::properties&, paho::ReasonCode code) {
            lose("the broker disconnected: " + in_words(static_cast<std::uint8_t>(code)));
        });
        client_->set_message_callback(
            [this](paho::const_message_ptr message) { owner_.arrived(std::move(message)); });
        paho::connect_options o;
        fill(o, settings_, files, tunnel_ == nullptr ? "" : tunnel_->address());
        // Copied, not moved: Paho's copy goes on pointing to the properties of this one.
        const paho::token_ptr token = client_->connect(o, nullptr, *greeting_);
        if (error = wait_for(token, settings_.connect_timeout); !error.empty()) return error;
        const bool session_present = token->get_connect_response().is_session_present();
        tell_state(LEAT_STATE_UP, "connected to " + place() + ", MQTT " + (is_v5 ? "5" : "3.1.1") + ", by Paho" +
                                      (session_present ? ", session resumed" : ""));
        return subscribe(session_present);
    } catch (const paho::exception& e) {
        return fall_back(e) ? "the broker does not speak MQTT 5" : explain(e);
    } catch (const std::exception& e) {
        return e.what();
    }
}

bool PahoLink::fall_back(const paho::exception& e) {
    const bool unknown_version =
        e.get_return_code() == 1 || e.get_return_code() == reason::unsupported_version;  // of CONNACK
    if (settings_.connect.version != Version::v5 || !settings_.falls_back || !unknown_version) return false;
    services_.log_warning(
        place() +
        " does not speak MQTT 5: going on with 3.1.1, which has no reason codes; a publish that the "
        "broker refuses then counts as landed");
    settings_.connect.version = Version::v3_1_1;
    return true;
}

// Empty when the action has succeeded. Zero limit: as long as the connection stands.
std::string PahoLink::wait_for(const paho::token_ptr& token, Nanoseconds limit) {
    const auto end = Clock::now() + limit;
    while (!token->wait_for(std::chrono::milliseconds(20))) {
        if (must_end()) {
            const std::lock_guard lock(mutex_);
            return is_lost_ ? lost_why_ : "stopped";
        }
        if (limit != Nanoseconds::zero() && Clock::now() >= end) return "no answer within connect_timeout";
    }
    return {};
}

// What Paho says, with the reason in words where there is one.
std::string PahoLink::explain(const paho::exception& e) const {
    const bool is_v5 = settings_.connect.version == Version::v5;
    // Paho gives a refused CONNECT's reason as its return code.
    const int code = e.get_return_code() >= 0x80 ? e.get_return_code() : e.get_reason_code();
    if (is_v5 && code >= 0x80 && code < 0xFF)
        return "the broker refuses: " + in_words(static_cast<std::uint8_t>(code));
    if (e.get_return_code() >= 1 && e.get_return_code() <= 5)
        return "the broker refuses the connection: " +
               connack_in_words_3_1_1(static_cast<std::uint8_t>(e.get_return_code()));
    if (const std::string way = tunnel_ == nullptr ? std::string{} : tunnel_->error(); !way.empty()) return way;
    return std::string(settings_.uses_tls ? "Paho, over TLS: " : "Paho: ") +
           (e.get_message().empty() ? std::string(e.what()) : e.get_message());
}

// Waits for the answer to a SUBSCRIBE. Empty when all that was wanted is granted.
std::string PahoLink::check_granted(const paho::token_ptr& token, const Wanted& wanted) {
    try {
        if (std::string error = wait_for(token, {}); !error.empty()) return error;
    } catch (const paho::exception& e) {
        return "'" + wanted.filter + "': " + explain(e);
    }
    const paho::subscribe_response response = token->get_subscribe_response();
    for (const paho::ReasonCode given : response.get_reason_codes()) {
        const auto code = static_cast<std::uint8_t>(given);
        if (code >= reason::unspecified) return "the broker refuses '" + wanted.filter + "': " + in_words(code);
        if (code < wanted.qos)
            return "the broker grants only QoS " + std::to_string(code) + " for '" + wanted.filter + "'";
    }
    return {};
}

std::string PahoLink::subscribe(bool session_present) {
    if (settings_.wanted.empty()) return {};
    if (session_present) {
        for (const std::string& filter : settings_.gone)
            if (std::string error = wait_for(client_->unsubscribe(filter), {}); !error.empty()) return error;
    }
    // One at a time: Paho loses the options of several (eclipse-paho/paho.mqtt.cpp#524), and crashes.
    std::vector<paho::token_ptr> tokens;
    for (const Wanted& w : settings_.wanted) {
        const paho::subscribe_options how(false, w.retain_as_published ? paho::byte{1} : paho::byte{0},
                                          static_cast<paho::subscribe_options::RetainHandling>(w.retain_handling));
        tokens.push_back(client_->subscribe(w.filter, w.qos, how));
    }
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (std::string error = check_granted(tokens[i], settings_.wanted[i]); !error.empty()) return error;
    PahoEvent event;
    event.kind = PahoEvent::Kind::subscribed;
    tell(std::move(event));
    return {};
}

// Publishes until the connection is lost (returns why) or the link stops.
std::string PahoLink::serve() {
    std::deque<Outgoing> batch;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return is_stopping_ || is_lost_ || !outgoing_.empty(); });
            if (is_lost_) return lost_why_;
            if (is_stopping_) break;
            batch.swap(outgoing_);
        }
        try {
            for (const Outgoing& o : batch)
                client_->publish(o.message, reinterpret_cast<void*>(static_cast<std::uintptr_t>(o.position)), *this);
        } catch (const paho::exception& e) {
            return explain(e);
        }
        batch.clear();
    }
    say_goodbye();
    return {};
}

void PahoLink::say_goodbye() {
    try {
        paho::disconnect_options options(std::chrono::milliseconds(0));
        if (settings_.will_on_stop && settings_.connect.will && settings_.connect.version == Version::v5)
            options.set_reason_code(paho::ReasonCode::DISCONNECT_WITH_WILL_MESSAGE);
        client_->disconnect(options)->wait_for(kFarewell);
    } catch (const paho::exception&) {
        // It is over either way.
    }
}

void PahoLink::end_client() {
    client_.reset();  // waits for callbacks; none comes after it
    if (settings_.can_be_cut) tunnel_.reset();
}

void PahoLink::on_success(const paho::token& token) {
    PahoEvent event;
    event.kind = PahoEvent::Kind::delivered;
    event.position = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
    tell(std::move(event));
}

void PahoLink::on_failure(const paho::token& token) {
    const auto code = static_cast<int>(token.get_reason_code());
    if (settings_.connect.version != Version::v5 || code < 0x80 || code >= 0xFF)
        return lose("a publish failed");  // the connection's fault: it will be sent again
    PahoEvent event;
    event.kind = PahoEvent::Kind::delivered;
    event.position = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
    event.code = static_cast<std::uint8_t>(code);
    tell(std::move(event));
}

}  // namespace leat::mqtt
