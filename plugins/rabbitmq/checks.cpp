#include "checks.hpp"

#include <leat/sdk/backend.hpp>

#include <string>
#include <vector>

#include "broker_url.hpp"
#include "options.hpp"

namespace leat::rabbitmq {
namespace {

struct SourceUse {
    std::string broker;  // host:port/vhost
    std::string path;
    SourceOptions options;
};

struct SinkUse {
    std::string broker;
    std::string path;
    SinkOptions options;
};

// The findings of one run.
class Check {
  public:
    explicit Check(const leat_check& configured) : configured_(configured) {}

    void run() {
        for (std::uint32_t i = 0; i < configured_.backend_count; ++i) check_backend(*configured_.backends[i]);
        for (const SinkUse& sink : sinks_) {
            for (const SourceUse& source : sources_) {
                if (sink.broker == source.broker && feeds(sink.options, source.options))
                    report(LEAT_REPORT_FEEDS, sink.path, source.path);
            }
        }
    }

  private:
    void report(std::uint32_t severity, const std::string& path, const std::string& text) {
        configured_.report(&configured_, severity, path.c_str(), bytes(text));
    }
    void error(const std::string& path, const std::string& text) { report(LEAT_REPORT_ERROR, path, text); }
    void warning(const std::string& path, const std::string& text) { report(LEAT_REPORT_WARNING, path, text); }

    void check_backend(const leat_configured& backend) {
        BrokerOptions options;
        option_table<BrokerOptions>().bind(&options, backend.options, nullptr);
        const std::string path = backend.path;
        BrokerUrl url;
        std::string wrong;
        if (!parse_broker_url(options.url.text, url, wrong)) return error(path + "/url", wrong);
        check_tls(options, url, path);
        const std::string broker =
            url.host + ":" + std::to_string(url.port) + "/" + (options.vhost.empty() ? url.vhost : options.vhost);
        for (std::uint32_t k = 0; k < backend.use_count; ++k) {
            const leat_use& use = *backend.uses[k];
            if (use.identity->replica != 0) continue;
            if (use.identity->role == LEAT_ROLE_SOURCE)
                check_source(broker, use);
            else
                check_sink(broker, use);
        }
    }

    void check_tls(const BrokerOptions& options, const BrokerUrl& url, const std::string& path) {
        if (options.tls && !url.uses_tls) error(path + "/tls", "TLS settings, but the url is amqp://: use amqps://");
        const bool has_certificate = options.tls && !options.tls->cert.text.empty();
        if (options.tls)
            if (const std::string fault = tls_fault(*options.tls); !fault.empty()) error(path + "/tls/key", fault);
        if (options.mechanism == Mechanism::external && !has_certificate)
            error(path + "/mechanism", "EXTERNAL logs in by the client's certificate: give tls.cert");
    }

    void check_source(const std::string& broker, const leat_use& use) {
        sources_.push_back({broker, use.path, read_options<SourceOptions>(use.options)});
        const SourceOptions& options = sources_.back().options;
        const std::string path = use.path;
        if (options.queue.empty()) error(path + "/queue", "names no queue");
        if (static_cast<std::uint64_t>(options.prefetch) > use.identity->max_in_flight)
            warning(path + "/prefetch", "more than max_in_flight (" + std::to_string(use.identity->max_in_flight) +
                                            ") is never asked for: raise that instead");
        if (use.identity->replicas > 1 && options.exclusive)
            error(path + "/exclusive", "one reader alone, but \"parallel\" asks for several");
        else if (use.identity->replicas > 1)
            warning(path,
                    "with several consumers of one queue, order holds only among the messages that one receives");
        if (options.declare) check_declare(*options.declare, path + "/declare");
        if (options.declare && !options.declare->queue.empty() && options.declare->queue != options.queue)
            error(path + "/declare/queue", "declares another queue than the one that is read");
    }

    void check_sink(const std::string& broker, const leat_use& use) {
        sinks_.push_back({broker, use.path, read_options<SinkOptions>(use.options)});
        const SinkOptions& options = sinks_.back().options;
        const std::string path = use.path;
        if (!options.declare) return;
        check_declare(*options.declare, path + "/declare");
        const bool is_known = options.exchange.is_literal() && !options.exchange.text.empty();
        if (!is_known && options.declare->exchange.empty() && options.declare->queue.empty())
            error(path + "/declare", "names neither an exchange nor a queue");
        if (is_known && !options.declare->exchange.empty() && options.declare->exchange != options.exchange.text)
            warning(path + "/declare/exchange", "declares another exchange than the one that is written to");
    }

    void check_declare(const DeclareOptions& options, const std::string& path) {
        if (options.exchange.starts_with("amq."))
            error(path + "/exchange", "names with amq. are the broker's own: it is there already");
        if (options.queue_type == QueueType::quorum && (options.exclusive || !options.durable || options.auto_delete))
            error(path + "/queue_type", "quorum queues are durable, neither exclusive nor deleted automatically");
        if (!options.routing_keys.empty() && options.exchange.empty() && path.find("/from") != std::string::npos)
            error(path + "/routing_keys", "names no exchange to bind the queue to: give `exchange`");
    }

    // Whether what the sink publishes can come into the queue that the source reads.
    static bool feeds(const SinkOptions& sink, const SourceOptions& source) {
        if (!sink.exchange.is_literal()) return false;
        const std::string& exchange = sink.exchange.text;
        if (exchange.empty()) return sink.routing_key.is_literal() && sink.routing_key.text == source.queue;
        return is_bound(sink.declare, sink, source.queue) ||
               (source.declare && is_bound(source.declare, sink, source.queue));
    }

    static bool is_bound(const std::optional<DeclareOptions>& declare, const SinkOptions& sink,
                         const std::string& queue) {
        if (!declare) return false;
        const bool is_its_queue = declare->queue.empty() ? true : declare->queue == queue;
        const bool is_its_exchange = declare->exchange.empty() || declare->exchange == sink.exchange.text;
        if (!is_its_queue || !is_its_exchange || (declare->queue.empty() && declare->exchange.empty())) return false;
        if (!sink.routing_key.is_literal() || declare->exchange_type == "fanout") return true;
        if (declare->routing_keys.empty()) return sink.routing_key.text.empty();
        for (const std::string& key : declare->routing_keys) {
            if (topic_matches(key, sink.routing_key.text)) return true;
        }
        return false;
    }

    const leat_check& configured_;
    std::vector<SourceUse> sources_;
    std::vector<SinkUse> sinks_;
};

// The first word of a dotted name; moves on behind it.
std::string_view next_word(std::string_view& rest, bool& has_more) {
    const auto dot = rest.find('.');
    has_more = dot != std::string_view::npos;
    const std::string_view word = rest.substr(0, dot);
    rest = has_more ? rest.substr(dot + 1) : std::string_view{};
    return word;
}

bool matches(std::string_view pattern, bool has_pattern, std::string_view key, bool has_key) {
    if (!has_pattern) return !has_key;
    bool more_pattern = false;
    std::string_view pattern_rest = pattern;
    const std::string_view word = next_word(pattern_rest, more_pattern);
    if (word == "#" && matches(pattern_rest, more_pattern, key, has_key)) return true;
    if (!has_key) return false;
    bool more_key = false;
    std::string_view key_rest = key;
    const std::string_view key_word = next_word(key_rest, more_key);
    if (word == "#") return matches(pattern, true, key_rest, more_key);
    return (word == "*" || word == key_word) && matches(pattern_rest, more_pattern, key_rest, more_key);
}

}  // namespace

bool topic_matches(std::string_view pattern, std::string_view key) { return matches(pattern, true, key, true); }

void check_configuration(const leat_check& configured) { Check(configured).run(); }

}  // namespace leat::rabbitmq
