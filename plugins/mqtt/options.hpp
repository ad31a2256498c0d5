// What the configuration can say to the mqtt plugin: the options of a backend, of `from` and of `to`.
#pragma once

#include <leat/sdk/options.hpp>
#include <leat/sdk/tls.hpp>

#include <string>
#include <vector>

namespace leat::mqtt {

enum class EngineChoice : std::uint32_t { native, paho };
enum class VersionChoice : std::uint32_t { v5, v3_1_1 };

/// What the broker publishes for us when a connection ends without a good-bye.
struct WillOptions {
    std::string topic;
    std::string payload;
    int qos = 1;
    bool retain = false;
    std::chrono::seconds delay{0};
    bool on_stop = false;
    std::string content_type;
    std::chrono::seconds message_expiry{0};
    std::vector<std::pair<std::string, std::string>> headers;

    static auto options() {
        using W = WillOptions;
        return leat::options(
            option<&W::topic>("topic", "Topic of the will.").required().example(R"("status/gw7")"),
            option<&W::payload>("payload", "Its payload; by default empty.").example(R"("gone")"),
            option<&W::qos>("qos", "Quality of service that the broker publishes it with.").range(0, 2),
            option<&W::retain>("retain", "Whether the broker keeps it for later subscribers of its topic."),
            option<&W::delay>("delay",
                              "How long the broker waits; a connection to the same session meanwhile calls it off "
                              "(version 5).")
                .range(0, 4294967295e9),
            option<&W::on_stop>("on_stop",
                                "Whether it is published also when we stop in an orderly way (version 5; DISCONNECT "
                                "with 0x04)."),
            option<&W::content_type>("content_type", "Content type (version 5).").advanced(),
            option<&W::message_expiry>("message_expiry",
                                       "How long the broker keeps it for a subscriber that is away (version 5); 0: "
                                       "for ever.")
                .range(0, 4294967295e9)
                .advanced(),
            option<&W::headers>("headers", "User properties (version 5).").advanced());
    }
};

/// A broker. Base: what the struct with these options is besides: the backend itself, or nothing.
template <class Base>
struct BrokerFields : Base {
    Url url;
    EngineChoice engine = EngineChoice::native;
    VersionChoice version = VersionChoice::v5;
    std::string client_id;
    std::string user;
    Secret password;
    std::optional<TlsOptions> tls;
    std::optional<WillOptions> will;
    Url proxy;
    std::chrono::seconds keep_alive{30};
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::seconds session_expiry{7 * 24 * 3600};
    Size max_packet_size{16 * 1024 * 1024};
    std::chrono::milliseconds reconnect_delay{250};
    std::chrono::milliseconds reconnect_max_delay{30'000};
    Path session_file;

    static auto options() {
        using B = BrokerFields;
        return leat::options(
            option<&B::url>(
                "url",
                "Where the broker is: mqtt://host[:1883], mqtts://host[:8883] for TLS; ws://host[:80]/path and "
                "wss://host[:443]/path with engine paho.")
                .required()
                .example(R"("mqtts://mq:8883")"),
            option<&B::client_id>(
                "client_id",
                "First part of the client ids; they end with the route or shard. By default leat-HOSTNAME. "
                "It must stay the same over restarts and differ between processes.")
                .example(R"("gw7")"),
            option<&B::user>("user", "User name."),
            option<&B::password>("password", "Password; one from ${file:} is read again at each connect.")
                .example(R"("${file:/run/secrets/mq}")"),
            option<&B::tls>("tls", "TLS settings, for mqtts:// and wss:// only."),
            option<&B::will>("will",
                             "What the broker publishes when the connection of the sinks ends without a good-bye; "
                             "for a source's connection see `will` in `from`."),
            option<&B::version>(
                "version", "MQTT version; 5 falls back to 3.1.1, with a warning, where the broker does not know it.")
                .allowed({"5", "3.1.1"}),
            option<&B::engine>(
                "engine",
                "Who speaks MQTT: 'native', or 'paho' (Eclipse Paho C++) where WebSocket or a proxy is "
                "needed; it is slower, and keeps one message in flight from a source.")
                .allowed({"native", "paho"})
                .advanced(),
            option<&B::proxy>("proxy", "HTTP proxy to go through, http://[user:password@]host[:8080] (engine paho).")
                .advanced(),
            option<&B::keep_alive>("keep_alive",
                                   "The broker may count a client as dead after 1.5 of it without a packet; "
                                   "we count the broker as dead after one without an answer. 0: never.")
                .range(0, 65535e9)
                .advanced(),
            option<&B::connect_timeout>("connect_timeout",
                                        "Longest wait from the name look-up to the broker's CONNACK.")
                .range(1e6, 3600e9)
                .advanced(),
            option<&B::session_expiry>(
                "session_expiry",
                "How long the broker keeps subscriptions and messages for us while we are away "
                "(version 5; 3.1.1: as the broker is set).")
                .range(0, 4294967295e9)
                .advanced(),
            option<&B::max_packet_size>("max_packet_size",
                                        "Largest packet that is sent, and received: a larger one "
                                        "ends the connection and stays with the broker.")
                .range(128, 268435460)
                .advanced(),
            option<&B::reconnect_delay>("reconnect_delay", "Wait before the second attempt to connect; then doubled.")
                .range(1e6, 3600e9)
                .advanced(),
            option<&B::reconnect_max_delay>("reconnect_max_delay", "Longest wait between attempts.")
                .range(1e6, 86400e9)
                .advanced(),
            option<&B::session_file>(
                "session_file",
                "File that remembers which filters each client id has subscribed, so that one that was "
                "removed while the host was down is unsubscribed. By default mqtt-BACKEND.sessions in systemd's "
                "StateDirectory; without one only this process remembers.")
                .advanced());
    }
};

struct Nothing {};
using BrokerOptions = BrokerFields<Nothing>;

enum class RetainedChoice : std::uint32_t { fresh, always, never };

/// A source: `from`.
struct SourceOptions {
    std::vector<std::string> topics;
    int qos = 1;
    std::string client_id;
    RetainedChoice retained = RetainedChoice::fresh;
    std::optional<WillOptions> will;

    static auto options() {
        using S = SourceOptions;
        return leat::options(
            option<&S::topics>("topics", "Topic filters; $share/group/filter shares the messages out among members.")
                .required()
                .example(R"(["p7/+/+/temp"])"),
            option<&S::qos>("qos", "Quality of service to subscribe with; 0 may lose messages.").range(0, 2),
            option<&S::client_id>("client_id",
                                  "The whole client id, literally; by default "
                                  "<backend's client_id>.<route>.source.<n>.")
                .advanced(),
            option<&S::retained>("retained",
                                 "Retained messages (version 5): 'new' sends them when a filter is new to the "
                                 "session, 'always' at each connect, 'never' not at all.")
                .allowed({"new", "always", "never"})
                .advanced(),
            option<&S::will>("will",
                             "What the broker publishes when this source's connection ends without a good-bye."));
    }
};

enum class NoSubscriberChoice : std::uint32_t { ack, retry, reject };

/// A sink: `to`.
struct SinkOptions {
    Template topic;
    int qos = 1;
    bool retain = false;
    NoSubscriberChoice no_subscriber = NoSubscriberChoice::ack;
    std::string content_type;
    std::chrono::seconds message_expiry{0};
    bool user_properties = true;

    static auto options() {
        using S = SinkOptions;
        return leat::options(
            option<&S::topic>("topic", "Topic to publish to.").required().example(R"("devices/${key}/cmd")"),
            option<&S::qos>("qos",
                            "Quality of service to publish with; 0 has landed once written to the socket, 1 with the "
                            "PUBACK, 2 with the PUBCOMP.")
                .range(0, 2),
            option<&S::retain>("retain", "Whether the broker keeps the message for later subscribers of its topic."),
            option<&S::no_subscriber>("no_subscriber",
                                      "What to do when the broker says that nobody has subscribed "
                                      "(version 5, QoS 1; QoS 2 where the broker can tell).")
                .allowed({"ack", "retry", "reject"}),
            option<&S::content_type>("content_type",
                                     "Content type of all messages (version 5); by default the header "
                                     "`content-type`."),
            option<&S::message_expiry>("message_expiry",
                                       "How long the broker keeps a message for a subscriber that is away "
                                       "(version 5); 0: the header `mqtt-message-expiry`, or for ever.")
                .range(0, 4294967295e9),
            option<&S::user_properties>("user_properties", "Whether headers become user properties (version 5).")
                .advanced());
    }
};

}  // namespace leat::mqtt
