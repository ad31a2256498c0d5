#include "probe.hpp"

#include <leat/sdk/backend.hpp>

#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "native/session.hpp"
#include "native/stream.hpp"
#include "options.hpp"
#include "reasons.hpp"
#include "settings.hpp"

namespace leat::mqtt {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLongest{12};  // for one broker, the look-up not counted

// A blocking client, just clever enough to ask.
class Asker {
  public:
    explicit Asker(ConnectionSettings settings) : settings_(std::move(settings)), end_(Clock::now() + kLongest) {}

    // Empty when connected, else why not.
    std::string connect() {
        std::string error;
        if (settings_.credentials && !settings_.credentials(settings_.connect, settings_.tls, error)) return error;
        if (settings_.uses_tls && (tls_ = TlsContext::load(settings_.tls, error)) == nullptr) return error;
        if (error = open(); !error.empty()) return error;
        session_.open(settings_.connect, settings_.max_packet_size);
        Event event;
        if (error = ask(event); !error.empty()) return error;
        if (event.kind == Event::Kind::connected) {
            granted_ = event.connack;
            return {};
        }
        if (event.kind == Event::Kind::closed)
            return event.fault != nullptr ? event.fault : in_words(event.goodbye.code);
        if (settings_.connect.version == Version::v5 && settings_.falls_back &&
            (event.connack.code == reason::unsupported_version || event.connack.code == 1)) {
            settings_.connect.version = Version::v3_1_1;
            received_.clear();
            return connect();
        }
        return "the broker refuses the connection: " + (event.connack.code >= 0x80
                                                            ? in_words(event.connack.code)
                                                            : connack_in_words_3_1_1(event.connack.code));
    }

    // Empty when the filter is granted, else why not.
    std::string subscribe(const std::string& filter, int qos) {
        Wanted wanted;
        wanted.filter = filter;
        wanted.qos = static_cast<std::uint8_t>(qos);
        wanted.retain_handling = 2;
        const std::uint16_t id = session_.subscribe({&wanted, 1});
        for (;;) {
            Event event;
            if (std::string error = ask(event); !error.empty()) return error;
            if (event.kind == Event::Kind::closed)
                return "the broker disconnected: " +
                       (event.fault != nullptr ? event.fault : in_words(event.goodbye.code));
            if (event.kind != Event::Kind::subscribed || event.granted.packet_id != id) continue;
            const std::uint8_t code = event.granted.codes[0];
            if (code >= reason::unspecified) return in_words(code);
            return code < qos ? "only QoS " + std::to_string(code) + " is granted" : "";
        }
    }

    void leave() {
        session_.disconnect();
        if (stream_ != nullptr) (void)stream_->write(session_.out().data(), session_.out().size());
    }

    [[nodiscard]] const Connack& granted() const { return granted_; }
    [[nodiscard]] const char* version() const { return settings_.connect.version == Version::v5 ? "5" : "3.1.1"; }

  private:
    // Waits for the descriptor; false when the time is up.
    bool wait(unsigned events) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
        if (left <= 0) return false;
        pollfd p{stream_->fd(), 0, 0};
        if ((events & Stream::kRead) != 0) p.events |= POLLIN;
        if ((events & Stream::kWrite) != 0) p.events |= POLLOUT;
        return ::poll(&p, 1, static_cast<int>(left)) > 0;
    }

    std::string open() {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        const int status =
            ::getaddrinfo(settings_.host.c_str(), std::to_string(settings_.port).c_str(), &hints, &found);
        if (status != 0) return "cannot resolve '" + settings_.host + "': " + ::gai_strerror(status);
        std::string why;
        for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
            why = try_address(*a);
            if (why.empty()) break;
        }
        ::freeaddrinfo(found);
        return why;
    }

    std::string try_address(const addrinfo& address) {
        stream_ = std::make_unique<Stream>(tls_.get());
        if (!stream_->connect(address.ai_addr, address.ai_addrlen, settings_.host)) return stream_->error();
        for (;;) {
            if (!wait(stream_->wants())) return "no answer in time";
            switch (stream_->advance()) {
                case Stream::Progress::up:
                    return {};
                case Stream::Progress::failed:
                    return stream_->error();
                case Stream::Progress::waiting:
                    break;
            }
        }
    }

    // Sends what is to be sent and waits for one event.
    std::string ask(Event& event) {
        for (;;) {
            ByteBuffer& out = session_.out();
            while (!out.empty()) {
                const ssize_t sent = stream_->write(out.data(), out.size());
                if (sent < 0) return stream_->error();
                out.erase(out.begin(), out.begin() + sent);
                if (sent == 0 && !wait(Stream::kWrite)) return "the broker takes nothing";
            }
            Bytes in(received_.data() + used_, received_.size() - used_);
            const std::size_t before = in.size();
            const Session::Step step = session_.next(in, event);
            used_ += before - in.size();  // views in the event stay valid until more is received
            if (step == Session::Step::event) return {};
            if (step == Session::Step::over) return "the connection has ended";
            received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(used_));
            used_ = 0;
            std::uint8_t bytes[4096];
            const ssize_t got = stream_->read(bytes, sizeof bytes);
            if (got < 0) return stream_->error();
            if (got == 0 && !wait(Stream::kRead)) return "no answer in time";
            received_.insert(received_.end(), bytes, bytes + got);
        }
    }

    ConnectionSettings settings_;
    Clock::time_point end_;
    std::unique_ptr<TlsContext> tls_;
    std::unique_ptr<Stream> stream_;
    Session session_;
    ByteBuffer received_;
    std::size_t used_ = 0;
    Connack granted_;
};

void report(const leat_check& to, std::uint32_t severity, const std::string& path, const std::string& text) {
    to.report(&to, severity, path.c_str(), bytes(text));
}

void probe_use(Asker& asker, const leat_check& to, const leat_use& use) {
    const std::string path = use.path;
    if (use.identity->role != LEAT_ROLE_SOURCE) {
        const auto sink = read_options<SinkOptions>(use.options);
        if (sink.retain && !asker.granted().retain_available)
            report(to, LEAT_REPORT_ERROR, path + "/retain", "the broker does not keep retained messages");
        if (sink.qos > asker.granted().maximum_qos)
            report(to, LEAT_REPORT_ERROR, path + "/qos",
                   "the broker takes at most QoS " + std::to_string(asker.granted().maximum_qos));
        return;
    }
    const auto source = read_options<SourceOptions>(use.options);
    for (std::size_t i = 0; i < source.topics.size(); ++i) {
        const std::string why = asker.subscribe(source.topics[i], source.qos);
        const std::string at = path + "/topics/" + std::to_string(i);
        if (why.empty())
            report(to, LEAT_REPORT_GOOD, at, "'" + source.topics[i] + "' is granted");
        else
            report(to, LEAT_REPORT_ERROR, at, "'" + source.topics[i] + "' is not granted: " + why);
    }
}

void probe_backend(const leat_host& host, const leat_check& to, const leat_configured& backend) {
    BrokerOptions options;
    option_table<BrokerOptions>().bind(&options, backend.options, &host);
    BrokerUrl url;
    std::string error;
    const std::string path = backend.path;
    if (!parse_broker_url(options.url.text, url, error)) return report(to, LEAT_REPORT_ERROR, path + "/url", error);
    if (url.is_websocket || !options.proxy.text.empty())
        return report(to, LEAT_REPORT_WARNING, path, "not tried: the probe speaks neither WebSocket nor to proxies");
    ConnectionSettings settings = connection_settings(options, url, {&host, backend.me});
    settings.connect.client_id = client_id_of(options) + ".probe." + std::to_string(::getpid());
    settings.connect.clean_start = true;
    Asker asker(std::move(settings));
    const std::string place = url.host + ":" + std::to_string(url.port);
    if (const std::string why = asker.connect(); !why.empty())
        return report(to, LEAT_REPORT_ERROR, path, "cannot connect to " + place + ": " + why);
    report(to, LEAT_REPORT_GOOD, path, "connected to " + place + ", MQTT " + asker.version());
    for (std::uint32_t i = 0; i < backend.use_count; ++i) probe_use(asker, to, *backend.uses[i]);
    asker.leave();
}

}  // namespace

void probe_brokers(const leat_host& host, const leat_check& configured) {
    for (std::uint32_t i = 0; i < configured.backend_count; ++i)
        probe_backend(host, configured, *configured.backends[i]);
}

}  // namespace leat::mqtt
