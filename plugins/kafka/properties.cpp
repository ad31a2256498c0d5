#include "properties.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace kafka {
namespace {

struct Refused {
    std::string_view name;
    const char* why;
};

constexpr const char* kOwnOption = "it has an option of its own";
constexpr const char* kCommits = "offsets are committed when messages have landed, and only then";
constexpr const char* kOnShard = "events, logs and callbacks are served by the host";
constexpr const char* kOneRequest = "it is 1: with more, librdkafka may report a record as landed that is not there";
constexpr std::array kRefused{
    Refused{"enable.auto.commit", kCommits},
    Refused{"auto.commit.enable", kCommits},
    Refused{"auto.commit.interval.ms", kCommits},
    Refused{"enable.auto.offset.store", kCommits},
    Refused{"offset.store.method", kCommits},
    Refused{"auto.offset.reset", "a reset would skip or repeat silently; use \"start\" for a new group"},
    Refused{"partition.assignment.strategy", "only cooperative-sticky keeps partitions while others move"},
    Refused{"enable.partition.eof", "the source does not use it"},
    Refused{"group.id", "use \"group\""},
    Refused{"group.instance.id", "use \"instance\""},
    Refused{"session.timeout.ms", "use \"session_timeout\""},
    Refused{"message.timeout.ms", "a message that expires is lost and lets the next overtake it"},
    Refused{"delivery.timeout.ms", "a message that expires is lost and lets the next overtake it"},
    Refused{"enable.idempotence", "without it a retry reorders and doubles"},
    Refused{"acks", "a message has landed when all in-sync replicas have it"},
    Refused{"request.required.acks", "a message has landed when all in-sync replicas have it"},
    Refused{"message.send.max.retries", "a transport error is not an outcome; it is retried until it is one"},
    Refused{"retries", "a transport error is not an outcome; it is retried until it is one"},
    Refused{"max.in.flight.requests.per.connection", kOneRequest},
    Refused{"max.in.flight", kOneRequest},
    Refused{"transactional.id", "transactions are not supported"},
    Refused{"delivery.report.only.error", "every message must be reported"},
    Refused{"enable.gapless.guarantee", "a refused message must not stop the producer"},
    Refused{"queuing.strategy", "lifo reorders"},
    Refused{"sticky.partitioning.linger.ms", "records without key keep the order of their lane instead"},
    Refused{"partitioner", "records with a key are placed as Java clients do (murmur2), the others by lane"},
    Refused{"consume.callback.max.messages", kOnShard},
    Refused{"log.queue", kOnShard},
    Refused{"enabled_events", kOnShard},
    Refused{"test.mock.num.brokers", "every client would get a cluster of its own"},
    Refused{"bootstrap.servers", "use \"brokers\""},
    Refused{"metadata.broker.list", "use \"brokers\""},
    Refused{"client.id", "use \"client_id\""},
    Refused{"security.protocol", "it follows from \"tls\" and \"sasl\""},
    Refused{"ssl.ca.location", kOwnOption},
    Refused{"ssl.certificate.location", kOwnOption},
    Refused{"ssl.key.location", kOwnOption},
    Refused{"ssl.key.password", "use \"tls\": {\"key_password\"}, which is never shown"},
    Refused{"sasl.password", "use \"sasl\": {\"password\"}, which is never shown"},
};

// Settings that librdkafka knows for one kind of client only are ignored, with a log line, by the other; so they are
// left out there.
constexpr std::array<std::string_view, 8> kConsumerOnly{"fetch.",     "queued.m",        "heartbeat.",   "max.poll.",
                                                        "check.crcs", "isolation.level", "coordinator.", "group."};
constexpr std::array<std::string_view, 8> kProducerOnly{
    "linger.ms",   "batch.",           "queue.buffering.", "compression.",
    "compression", "retry.backoff.ms", "request.tim",      "transaction.timeout."};

template <class List>
bool begins_with_any(const List& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [&](std::string_view one) { return name.starts_with(one); });
}

void set_connection(Conf& conf, const Connection& connection, const Secrets& secrets) {
    conf.set("bootstrap.servers", connection.brokers);
    conf.set("client.id", connection.client_id);
    const bool tls = connection.tls.has_value();
    const bool sasl = connection.sasl.has_value();
    if (tls || sasl) conf.set("security.protocol", sasl ? (tls ? "sasl_ssl" : "sasl_plaintext") : "ssl");
    if (tls) {
        const leat::TlsFiles files = leat::tls_files(*connection.tls);
        if (!files.ca.empty()) conf.set("ssl.ca.location", files.ca);
        if (!files.cert.empty()) conf.set("ssl.certificate.location", files.cert);
        if (!files.cert.empty()) conf.set("ssl.key.location", files.key_file());
        if (!secrets.key_password.empty()) conf.set("ssl.key.password", secrets.key_password);
        conf.set("enable.ssl.certificate.verification", files.verify ? "true" : "false");
        conf.set("ssl.endpoint.identification.algorithm", files.verify ? "https" : "none");
    }
    if (sasl) {
        conf.set("sasl.mechanism", connection.sasl->mechanism);
        if (!connection.sasl->user.empty()) conf.set("sasl.username", connection.sasl->user);
        if (!secrets.password.empty()) conf.set("sasl.password", secrets.password);
    }
    conf.set("log.queue", "true");
    rd_kafka_conf_set_log_cb(conf.get(), [](const rd_kafka_t*, int, const char*, const char*) {});  // while closing
    conf.set("log.connection.close", "false");
    conf.set("statistics.interval.ms", "1000");  // how a connection that is up again is noticed
    conf.set("reconnect.backoff.max.ms", "2000");
    conf.set("socket.nagle.disable", "true");
    conf.set("topic.metadata.refresh.interval.ms", "10000");  // how soon a new topic is found
    conf.set("topic.metadata.propagation.max.ms", "5000");
}

void set_properties(Conf& conf, const Connection& connection, bool consumer) {
    for (const auto& [name, value] : connection.properties) {
        if (const char* why = refusal(name)) throw std::runtime_error(name + " cannot be set: " + why);
        if (consumer ? begins_with_any(kProducerOnly, name) : begins_with_any(kConsumerOnly, name)) {
            Conf().set(name, value);  // still checked
            continue;
        }
        conf.set(name, value);
    }
}

}  // namespace

void Conf::set(const std::string& name, const std::string& value) {
    char why[512] = "";
    if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
        throw std::runtime_error(name + ": " + why);
    }
}

size_t Conf::number(const std::string& name) {
    char value[32] = "";
    size_t size = sizeof value;
    rd_kafka_conf_get(conf_.get(), name.c_str(), value, &size);
    return std::strtoull(value, nullptr, 10);
}

Ahead Ahead::of(Conf& conf) {
    return {conf.number("queued.min.messages"), conf.number("queued.max.messages.kbytes") * 1024};
}

const char* refusal(std::string_view name) {
    for (const Refused& one : kRefused) {
        if (one.name == name) return one.why;
    }
    if (name.ends_with("_cb")) return kOnShard;
    return nullptr;
}

Secrets Secrets::read(const Connection& connection, leat::Services services) {
    Secrets secrets;
    if (connection.sasl && connection.sasl->password && !connection.sasl->password.read(services, secrets.password)) {
        throw std::runtime_error("the SASL password cannot be read: " + secrets.password);
    }
    if (connection.tls && connection.tls->key_password &&
        !connection.tls->key_password.read(services, secrets.key_password)) {
        throw std::runtime_error("the password of the TLS key cannot be read: " + secrets.key_password);
    }
    return secrets;
}

rd_kafka_t* make_client(rd_kafka_type_t type, Conf conf) {
    char why[512] = "";
    rd_kafka_t* client = rd_kafka_new(type, conf.get(), why, sizeof why);
    if (!client) throw std::runtime_error(why);
    (void)conf.release();  // taken over on success alone
    return client;
}

void renew_password(rd_kafka_t* client, const Connection& connection, leat::Services services, std::string& last) {
    std::string password;
    if (!connection.sasl || !connection.sasl->password || !connection.sasl->password.read(services, password)) return;
    if (password == last) return;
    last = password;
    rd_kafka_error_t* error = rd_kafka_sasl_set_credentials(client, connection.sasl->user.c_str(), password.c_str());
    if (!error) return;
    services.log_warning(std::string("the new SASL password cannot be used: ") + rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

Conf plain_conf(const Connection& connection, const Secrets& secrets) {
    Conf conf;
    set_connection(conf, connection, secrets);
    conf.set("statistics.interval.ms", "0");
    conf.set("log.queue", "false");
    set_properties(conf, connection, false);
    return conf;
}

Conf consumer_conf(const Connection& connection, const SourceOptions& options, const std::string& group,
                   const Secrets& secrets) {
    Conf conf;
    set_connection(conf, connection, secrets);
    const auto session = options.session_timeout.count();
    conf.set("group.id", group);
    if (options.instance) conf.set("group.instance.id", *options.instance);
    conf.set("session.timeout.ms", std::to_string(session));
    conf.set("heartbeat.interval.ms", std::to_string(std::max<int64_t>(session / 3, 1)));
    conf.set("partition.assignment.strategy", "cooperative-sticky");
    conf.set("enable.auto.commit", "false");
    conf.set("enable.auto.offset.store", "false");
    conf.set("auto.offset.reset", "error");
    conf.set("queued.min.messages", std::to_string(Ahead().messages));
    conf.set("queued.max.messages.kbytes", std::to_string(Ahead().bytes / 1024));
    conf.set("fetch.error.backoff.ms", "100");
    // A broker that is asked for empty partitions alone, as the others are far enough ahead, answers after this long,
    // and until then librdkafka asks it for nothing else: what was fetched ahead must last. README.md has figures.
    conf.set("fetch.wait.max.ms", "50");
    set_properties(conf, connection, true);
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT |
                                             RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS);
    return conf;
}

Conf producer_conf(const Connection& connection, const Secrets& secrets, size_t largest_batch) {
    Conf conf;
    set_connection(conf, connection, secrets);
    conf.set("enable.idempotence", "true");
    conf.set("message.timeout.ms", "0");
    conf.set("sticky.partitioning.linger.ms", "0");  // or the partitioner is not asked for records without key
    conf.set("batch.size", std::to_string(kBatchBytes));
    // The topic's limit decides, not the client's; but for what no broker takes: a request of more than 100 MiB ends
    // the connection (its socket.request.max.bytes), for ever.
    conf.set("message.max.bytes", "104000000");
    // One request at a time to a broker, sent at once: what comes meanwhile is the next batch. So a lone record does
    // not wait, and batches grow with the load; measured better in both than linger.ms=5 with many in flight.
    // More would break the promise: of two requests of a new producer the broker may refuse the first for a moment
    // (NOT_ENOUGH_REPLICAS, a change of leaders) and take the second, as one it knows nothing of may begin with any
    // sequence number. librdkafka 2.0.2 then reports both as landed (seen: README.md).
    conf.set("linger.ms", "0");
    conf.set("max.in.flight.requests.per.connection", "1");
    set_properties(conf, connection, false);
    if (conf.number("batch.size") > largest_batch) conf.set("batch.size", std::to_string(largest_batch));
    rd_kafka_conf_set_events(conf.get(),
                             RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_STATS);
    return conf;
}

}  // namespace kafka
