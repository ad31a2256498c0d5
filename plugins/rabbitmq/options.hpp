// What the configuration can say to the rabbitmq plugin: the options of a backend, of `from` and of `to`.
#pragma once

#include <leat/sdk/options.hpp>
#include <leat/sdk/tls.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::rabbitmq {

/// A template option together with its text: one without `${` is used as it stands, and check() can read it.
struct Pattern {
    std::string text;
    Template fill;
    [[nodiscard]] bool is_literal() const { return text.find('$') == std::string::npos; }
    [[nodiscard]] bool is_given() const { return static_cast<bool>(fill); }
};

}  // namespace leat::rabbitmq

template <>
struct leat::OptionType<leat::rabbitmq::Pattern> {
    static constexpr uint32_t type = LEAT_TEMPLATE, element = 0;
    static leat::rabbitmq::Pattern read(const leat_value& v, const leat_host* host) {
        return {std::string(leat::view(v.text)), leat::Template(host, v.as.template_)};
    }
    static std::string show(const leat::rabbitmq::Pattern&) { return ""; }
};

namespace leat::rabbitmq {

enum class Mechanism : std::uint32_t { plain, external };

/// A broker. Base: what the struct with these options is besides: the backend itself, or nothing.
template <class Base>
struct BrokerFields : Base {
    Url url;
    std::string user;
    Secret password;
    std::string vhost;
    Mechanism mechanism = Mechanism::plain;
    std::optional<TlsOptions> tls;
    std::string client_id = "leat";
    std::chrono::seconds heartbeat{15};
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds reconnect_delay{250};
    std::chrono::milliseconds reconnect_max_delay{30'000};

    static auto options() {
        using B = BrokerFields;
        return leat::options(
            option<&B::url>(
                "url", "Where the broker is: amqp://host[:5672][/vhost], or amqps://host[:5671][/vhost] for TLS.")
                .required()
                .example(R"("amqps://mq/plant")"),
            option<&B::user>("user", "User name; by default that of the url, else guest."),
            option<&B::password>("password", "Password; one from ${file:} is read again at each connect.")
                .example(R"("${file:/run/secrets/mq}")"),
            option<&B::vhost>("vhost", "Virtual host; by default that of the url, else /."),
            option<&B::tls>("tls", "TLS settings, for amqps:// only."),
            option<&B::mechanism>("mechanism",
                                  "How to log in; EXTERNAL: by the client's certificate, where the broker's plugin "
                                  "for it is enabled.")
                .allowed({"PLAIN", "EXTERNAL"})
                .advanced(),
            option<&B::client_id>("client_id",
                                  "First part of the connections' names in the broker's management page.")
                .advanced(),
            option<&B::heartbeat>("heartbeat",
                                  "A side that hears nothing for two of these counts the other as dead. 0: never.")
                .range(0, 3600e9)
                .advanced(),
            option<&B::connect_timeout>("connect_timeout",
                                        "Longest wait for the connection, for the log-in, and for each answer to a "
                                        "declaration.")
                .range(1e6, 3600e9)
                .advanced(),
            option<&B::reconnect_delay>("reconnect_delay", "Wait before the second attempt to connect; then doubled.")
                .range(1e6, 3600e9)
                .advanced(),
            option<&B::reconnect_max_delay>("reconnect_max_delay", "Longest wait between attempts.")
                .range(1e6, 86400e9)
                .advanced());
    }
};

struct Nothing {};
using BrokerOptions = BrokerFields<Nothing>;

enum class QueueType : std::uint32_t { classic, quorum };
enum class Overflow : std::uint32_t { drop_head, reject_publish };

/// What is to be there: a queue, an exchange, the bindings between them. Declared at each connect.
struct DeclareOptions {
    std::string queue;
    QueueType queue_type = QueueType::classic;
    std::string exchange;
    std::string exchange_type = "topic";
    std::vector<std::string> routing_keys;
    bool durable = true;
    bool auto_delete = false;
    bool exclusive = false;
    std::string dead_letter_exchange;
    std::string dead_letter_routing_key;
    std::string dead_letter_queue;
    std::chrono::milliseconds message_ttl{0};
    std::chrono::milliseconds expires{0};
    std::int64_t max_length = 0;
    Size max_length_bytes{0};
    Overflow overflow = Overflow::drop_head;
    std::string alternate_exchange;
    std::vector<std::pair<std::string, std::string>> arguments;

    static auto options() {
        using D = DeclareOptions;
        return leat::options(
            option<&D::queue>("queue", "Queue to declare; in `from`: by default the one that is read."),
            option<&D::queue_type>("queue_type",
                                   "Kind of the queue; quorum queues are replicated and always durable.")
                .allowed({"classic", "quorum"}),
            option<&D::exchange>("exchange", "Exchange to declare; in `to`: by default the one that is written to."),
            option<&D::exchange_type>("exchange_type",
                                      "direct, fanout, topic, headers, or one of a broker's plugin."),
            option<&D::routing_keys>("routing_keys",
                                     "Binds the queue to the exchange, once for each; by default, where both are "
                                     "given, with the empty key.")
                .example(R"(["plant.*.temp"])"),
            option<&D::durable>("durable", "Whether queue and exchange outlive a restart of the broker."),
            option<&D::auto_delete>("auto_delete", "Whether they go with their last user."),
            option<&D::exclusive>("exclusive", "Whether the queue is this connection's alone and goes with it."),
            option<&D::dead_letter_exchange>(
                "dead_letter_exchange",
                "Where the broker sends what is rejected, expired or pushed out; it must "
                "exist."),
            option<&D::dead_letter_routing_key>("dead_letter_routing_key",
                                                "Routing key of dead letters; by default the message's own."),
            option<&D::dead_letter_queue>("dead_letter_queue",
                                          "Declares this queue too, durable, and has dead letters sent to it."),
            option<&D::message_ttl>("message_ttl", "Messages that wait longer expire; 0: never."),
            option<&D::expires>("expires", "The queue is deleted after this long without use; 0: never."),
            option<&D::max_length>("max_length", "Most messages in the queue; 0: no limit.").range(0, 9e15),
            option<&D::max_length_bytes>("max_length_bytes", "Most bytes in the queue; 0: no limit."),
            option<&D::overflow>(
                "overflow",
                "What a full queue does: drop its oldest messages, or refuse new ones (a refused one "
                "is tried again by the route).")
                .allowed({"drop-head", "reject-publish"}),
            option<&D::alternate_exchange>("alternate_exchange",
                                           "Exchange that takes what this one cannot route; it must exist."),
            option<&D::arguments>("arguments",
                                  "More arguments of the queue, or of the exchange where no queue is declared; whole "
                                  "numbers, true and false are sent as such.")
                .example(R"({"x-max-priority": "5"})"));
    }
};

/// A source: `from`.
struct SourceOptions {
    std::string queue;
    std::int64_t prefetch = 0;
    std::optional<DeclareOptions> declare;
    std::string key_header = "leat-message-key";
    bool properties = true;
    bool exclusive = false;
    std::int64_t priority = 0;

    static auto options() {
        using S = SourceOptions;
        return leat::options(
            option<&S::queue>("queue", "Queue to read.").required().example(R"("orders")"),
            option<&S::prefetch>("prefetch",
                                 "Most messages that the broker sends ahead of acknowledgements; by default, and at "
                                 "most, `max_in_flight`.")
                .range(0, 65535),
            option<&S::declare>("declare", "Declares the queue and what belongs to it; without, it must exist."),
            option<&S::properties>("properties", "Whether properties and headers become headers.").advanced(),
            option<&S::key_header>("key_header", "The AMQP header that becomes the message's key; empty: none.")
                .advanced(),
            option<&S::exclusive>("exclusive", "Whether nobody else may read the queue at the same time.").advanced(),
            option<&S::priority>(
                "priority", "Priority of this consumer: a lower one gets messages only while higher ones are busy.")
                .range(-2147483648.0, 2147483647.0)
                .advanced());
    }
};

enum class DeliveryMode : std::uint32_t { persistent, transient, as_is };

/// A sink: `to`.
struct SinkOptions {
    Pattern exchange;
    Pattern routing_key;
    bool mandatory = true;
    DeliveryMode delivery_mode = DeliveryMode::persistent;
    std::optional<DeclareOptions> declare;
    std::string content_type;
    std::chrono::milliseconds expiration{0};
    std::int64_t priority = -1;
    bool properties = true;
    std::string key_header = "leat-message-key";

    static auto options() {
        using S = SinkOptions;
        return leat::options(
            option<&S::exchange>("exchange",
                                 "Exchange to publish to; by default the default exchange, which routes to the queue "
                                 "that the routing key names.")
                .example(R"("readings")"),
            option<&S::routing_key>("routing_key", "Routing key.")
                .otherwise(R"("${topic}")")
                .example(R"("${topic}")"),
            option<&S::mandatory>("mandatory",
                                  "Whether a message that goes to no queue is rejected, with the broker's reason; "
                                  "without, the broker drops it and it counts as landed."),
            option<&S::delivery_mode>("delivery_mode",
                                      "Whether messages outlive a restart of the broker; as_is: as the header "
                                      "`amqp-delivery-mode` says, else persistent.")
                .allowed({"persistent", "transient", "as_is"}),
            option<&S::declare>("declare", "Declares the exchange, and a queue bound to it; without, it must exist."),
            option<&S::content_type>("content_type",
                                     "Content type of all messages; by default the header `content-type`."),
            option<&S::expiration>("expiration",
                                   "How long a message may wait in a queue; 0: the header `amqp-expiration` "
                                   "(milliseconds), or for ever."),
            option<&S::priority>("priority", "Priority in queues that have some; -1: the header `amqp-priority`.")
                .range(-1, 255)
                .advanced(),
            option<&S::properties>("properties", "Whether headers become AMQP properties and headers.").advanced(),
            option<&S::key_header>("key_header", "The AMQP header that carries the message's key; empty: none.")
                .advanced());
    }
};

}  // namespace leat::rabbitmq
