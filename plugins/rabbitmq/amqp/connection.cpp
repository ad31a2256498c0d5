#include "connection.hpp"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <openssl/ssl.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

#include "dial.hpp"

namespace leat::rabbitmq {
namespace {

// AMQP 0-9-1, section 1.2: constants; and what RabbitMQ uses them for.
constexpr int kConnectionForced = 320;
constexpr int kAccessRefused = 403;
constexpr int kPreconditionFailed = 406;
constexpr int kNotAllowed = 530;

timeval time_of(std::chrono::milliseconds t) {
    return {static_cast<time_t>(t.count() / 1000), static_cast<suseconds_t>(t.count() % 1000 * 1000)};
}

std::string words_of(int status) {
    switch (status) {
        case AMQP_STATUS_CONNECTION_CLOSED:
        case AMQP_STATUS_SOCKET_ERROR:
        case AMQP_STATUS_SOCKET_CLOSED:
            return "the broker is gone: the connection was closed";
        case AMQP_STATUS_HEARTBEAT_TIMEOUT:
            return "the broker is silent: no heartbeat in time";
        case AMQP_STATUS_TIMEOUT:
            return "no answer in time";
        case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
            return "the broker's certificate is not signed by an authority that is trusted here (tls.ca)";
        case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
            return "the broker's certificate is for another host name than the url's";
        case AMQP_STATUS_SSL_CONNECTION_FAILED:
        case AMQP_STATUS_SSL_ERROR:
            return "TLS failed: the broker's certificate is not trusted, it refuses ours, or it does not speak TLS "
                   "on this port";
        case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
            return "the broker does not offer this mechanism of logging in";
        default:
            return amqp_error_string2(status);
    }
}

// What a close means where the broker's own words leave a person alone.
std::string hint_of(int code, std::string_view text) {
    if (text.find("acknowledgement on channel") != std::string_view::npos)
        return "; a message was not settled within the broker's consumer_timeout (30 minutes by default): raise it, "
               "or lower max_in_flight and the route's delays; all that was in flight is delivered again";
    if (code == kAccessRefused) return "; check user, password and the user's permissions on this vhost";
    if (code == kNotAllowed) return "; check the vhost, and the user's permissions on it";
    if (code == kPreconditionFailed && text.find("inequivalent arg") != std::string_view::npos)
        return "; it exists with other settings: change `declare` or delete it at the broker";
    if (code == kConnectionForced) return "; the broker is shutting down, or an operator closed the connection";
    return {};
}

amqp_table_entry_t entry_of(const char* name, amqp_boolean_t value) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = value;
    return entry;
}

amqp_table_entry_t entry_of(const char* name, amqp_bytes_t value) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = value;
    return entry;
}

}  // namespace

Connection::Connection(const Settings& settings) : state_(amqp_new_connection()) {
    if (state_ == nullptr) throw std::bad_alloc();
    try {
        timeval timeout = time_of(settings.timeout);
        amqp_set_handshake_timeout(state_, &timeout);
        amqp_set_rpc_timeout(state_, &timeout);
        if (settings.uses_tls)
            open_tls(settings);
        else
            open_socket(settings);
        log_in(settings);
    } catch (...) {
        amqp_destroy_connection(state_);
        throw;
    }
}

Connection::~Connection() { amqp_destroy_connection(state_); }

void Connection::open_socket(const Settings& settings) {
    amqp_socket_t* socket = amqp_tcp_socket_new(state_);
    if (socket == nullptr) throw std::bad_alloc();
    try {
        amqp_tcp_socket_set_sockfd(socket, dial(settings.host, settings.port, settings.timeout));
    } catch (const std::runtime_error& e) {
        throw Lost(e.what());
    }
}

void Connection::open_tls(const Settings& settings) {
    amqp_socket_t* socket = amqp_ssl_socket_new(state_);
    if (socket == nullptr) throw Lost("TLS cannot be initialised");
    const TlsFiles& tls = settings.tls;
    auto* context = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
    if (tls.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (amqp_ssl_socket_set_cacert(socket, tls.ca.c_str()) != AMQP_STATUS_OK) {
        throw Lost("tls.ca: no certificates can be read from " + tls.ca);
    }
    if (!tls.key_password.empty()) amqp_ssl_socket_set_key_passwd(socket, tls.key_password.c_str());
    if (!tls.cert.empty() &&
        amqp_ssl_socket_set_key(socket, tls.cert.c_str(), tls.key_file().c_str()) != AMQP_STATUS_OK) {
        throw Lost("tls.cert, tls.key: cannot be read, or do not belong together: " + tls.cert + ", " +
                   tls.key_file());
    }
    amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    amqp_ssl_socket_set_verify_peer(socket, tls.verify);
    amqp_ssl_socket_set_verify_hostname(socket, tls.verify);
    timeval timeout = time_of(settings.timeout);
    const int status = amqp_socket_open_noblock(socket, settings.host.c_str(), settings.port, &timeout);
    if (status == AMQP_STATUS_OK) return;
    if (status == AMQP_STATUS_SOCKET_ERROR || status == AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED) {
        try {  // once more, for the reason
            ::close(dial(settings.host, settings.port, settings.timeout));
        } catch (const std::runtime_error& e) {
            throw Lost(e.what());
        }
    }
    throw Lost(settings.host + ":" + std::to_string(settings.port) + ": " + words_of(status));
}

void Connection::log_in(const Settings& settings) {
    // Given instead of rabbitmq-c's own, which lack connection.blocked.
    std::array<amqp_table_entry_t, 4> capabilities{
        entry_of("connection.blocked", 1), entry_of("consumer_cancel_notify", 1),
        entry_of("authentication_failure_close", 1), entry_of("basic.nack", 1)};
    std::array<amqp_table_entry_t, 2> properties{entry_of("connection_name", bytes_of(settings.name))};
    properties[1].key = amqp_cstring_bytes("capabilities");
    properties[1].value.kind = AMQP_FIELD_KIND_TABLE;
    properties[1].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
    const amqp_table_t client{2, properties.data()};
    const int heartbeat = static_cast<int>(settings.heartbeat.count());
    const std::string doing = "log in at " + settings.host + ":" + std::to_string(settings.port) + ", vhost " +
                              settings.vhost + (settings.is_external ? "" : ", user " + settings.user);
    if (settings.is_external) {
        check(amqp_login_with_properties(state_, settings.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE, heartbeat,
                                         &client, AMQP_SASL_METHOD_EXTERNAL, settings.user.c_str()),
              0, doing);
    } else {
        check(
            amqp_login_with_properties(state_, settings.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE, heartbeat, &client,
                                       AMQP_SASL_METHOD_PLAIN, settings.user.c_str(), settings.password.c_str()),
            0, doing);
    }
}

void Connection::open_channel(amqp_channel_t channel) {
    amqp_channel_open(state_, channel);
    check(channel, "open a channel");
}

bool Connection::next(amqp_frame_t& frame) {
    timeval at_once{0, 0};
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return false;
    if (status != AMQP_STATUS_OK) {
        is_broken_ = true;
        throw Lost(words_of(status));
    }
    if (frame.frame_type == AMQP_FRAME_METHOD && (frame.payload.method.id == AMQP_CHANNEL_CLOSE_METHOD ||
                                                  frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)) {
        closed_by_broker(frame.payload.method, frame.channel, {});
    }
    return true;
}

void Connection::beat() {
    amqp_frame_t frame{};
    frame.frame_type = AMQP_FRAME_HEARTBEAT;
    check_sent(amqp_send_frame(state_, &frame), "send a heartbeat");
}

void Connection::closed_by_broker(const amqp_method_t& method, amqp_channel_t channel, std::string_view doing) {
    const bool is_channel = method.id == AMQP_CHANNEL_CLOSE_METHOD;
    int code = 0;
    std::string text;
    if (is_channel) {
        const auto& close = *static_cast<const amqp_channel_close_t*>(method.decoded);
        code = close.reply_code;
        text = text_of(close.reply_text);
        amqp_channel_close_ok_t ok{};
        if (amqp_send_method(state_, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok) != AMQP_STATUS_OK) is_broken_ = true;
    } else {
        const auto& close = *static_cast<const amqp_connection_close_t*>(method.decoded);
        code = close.reply_code;
        text = text_of(close.reply_text);
        amqp_connection_close_ok_t ok{};
        (void)amqp_send_method(state_, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok);
        is_broken_ = true;
    }
    std::string why = doing.empty() ? "" : "cannot " + std::string(doing) + ": ";
    why += std::string("the broker closed the ") + (is_channel ? "channel: " : "connection: ") + text;
    throw Closed(why + hint_of(code, text), code, is_channel && !is_broken_);
}

void Connection::check(amqp_rpc_reply_t reply, amqp_channel_t channel, std::string_view doing) {
    switch (reply.reply_type) {
        case AMQP_RESPONSE_NORMAL:
            return;
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD || reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
                closed_by_broker(reply.reply, channel, doing);
            break;
        default:
            is_broken_ = true;
            throw Lost("cannot " + std::string(doing) + ": " + words_of(reply.library_error));
    }
    is_broken_ = true;
    throw Lost("cannot " + std::string(doing) + ": the broker answers with something unexpected");
}

void Connection::check_sent(int status, std::string_view doing) {
    if (status != AMQP_STATUS_OK) throw Lost("cannot " + std::string(doing) + ": " + words_of(status));
}

void Connection::close() noexcept {
    if (is_broken_) return;
    timeval patience{2, 0};  // a broker under an alarm reads nothing
    amqp_set_rpc_timeout(state_, &patience);
    const amqp_rpc_reply_t reply = amqp_channel_close(state_, kChannel, AMQP_REPLY_SUCCESS);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
}

}  // namespace leat::rabbitmq
