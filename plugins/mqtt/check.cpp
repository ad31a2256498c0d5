#include "check.hpp"

#include <leat/sdk/backend.hpp>

#include <map>
#include <vector>

#include "broker_url.hpp"
#include "options.hpp"
#include "settings.hpp"
#include "topic.hpp"

namespace leat::mqtt {
namespace {

constexpr std::size_t kSinkTopic = 0;  // place of `topic` among the sink options

struct SourceUse {
    std::string broker;  // host:port
    std::string path;
    std::vector<std::string> filters;
};

struct SinkUse {
    std::string broker;
    std::string path;
    std::string filter;  // what its topic can be
};

// The findings of one run.
class Check {
  public:
    explicit Check(const leat_check& configured) : configured_(configured) {}

    void run() {
        for (std::uint32_t i = 0; i < configured_.backend_count; ++i) check_backend(*configured_.backends[i]);
        for (const SinkUse& sink : sinks_)
            for (const SourceUse& source : sources_) check_feeds(sink, source);
        check_paho_together();
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
        if (options.tls && !url.uses_tls)
            error(path + "/tls", "TLS settings, but the url is without: use mqtts:// or wss://");
        if (options.tls)
            if (const std::string fault = tls_fault(*options.tls); !fault.empty()) error(path + "/tls/key", fault);
        if (url.uses_tls && options.tls && !options.tls->verify)
            warning(path + "/tls/verify", "the broker's certificate is not checked: anybody can pose as the broker");
        if (options.reconnect_max_delay < options.reconnect_delay)
            error(path + "/reconnect_max_delay", "it is shorter than reconnect_delay");
        check_engine(options, url, path);
        const std::string broker = url.host + ":" + std::to_string(url.port);
        bool has_sinks = false;
        for (std::uint32_t i = 0; i < backend.use_count; ++i) {
            const leat_use& use = *backend.uses[i];
            if (use.identity->role == LEAT_ROLE_SOURCE) {
                check_source(options, broker, use);
            } else {
                check_sink(options, broker, use);
                has_sinks = true;
            }
        }
        if (options.will) check_will(*options.will, options.version, path + "/will");
        if (options.will && !has_sinks)
            warning(path + "/will",
                    "it belongs to the connection of the sinks, and there are none: give `will` in `from`");
        if (has_sinks) claim(broker, sinks_client_id(options, 0), path);
    }

    void check_engine(const BrokerOptions& options, const BrokerUrl& url, const std::string& path) {
        if (options.engine == EngineChoice::native) {
            if (url.is_websocket)
                error(path + "/url", "engine native does not speak WebSocket: set \"engine\": \"paho\"");
            if (!options.proxy.text.empty())
                error(path + "/proxy", "engine native goes through no proxy: set \"engine\": \"paho\"");
        } else {
            if (!options.proxy.text.empty() && options.proxy.text.find("http://") != 0)
                error(path + "/proxy", "a proxy begins with http://");
            if (options.will && options.will->delay.count() != 0)
                error(
                    path + "/will/delay",
                    "engine paho begins a new session at each connection of its sinks, and that publishes the will: "
                    "leave the delay away, or use engine native");
        }
    }

    // What a held callback of Paho's forbids: it holds every Paho client of the process.
    void check_paho_source(const SourceOptions& options, const std::string& path) {
        if (options.qos > 1)
            error(path + "/qos",
                  "engine paho acknowledges QoS 2 messages before they have landed: use qos 1, or engine "
                  "native");
        if (options.will)
            error(path + "/will",
                  "engine paho cuts the connection when a message is slow to land, and each time the "
                  "broker would publish the will: use engine native");
        if (!paho_source_.empty())
            error(path, "engine paho can have one source in a process, and " + paho_source_ +
                            " is one: Paho holds every other client while a message is on its way; use engine native "
                            "or another process");
        else
            paho_source_ = path;
    }

    void check_paho_together() {
        if (paho_source_.empty()) return;
        for (const std::string& path : paho_sinks_)
            error(path, "engine paho can have no sink in the process of its source " + paho_source_ +
                            ": while a message is on its way Paho would not take the sink's confirmation; use engine "
                            "native for one of them");
    }

    void check_will(const WillOptions& will, VersionChoice version, const std::string& path) {
        if (const char* fault = check_topic(will.topic))
            error(path + "/topic", std::string("'") + will.topic + "': " + fault);
        if (will.payload.size() > 65'535) error(path + "/payload", "longer than 65535 bytes");
        if (version == VersionChoice::v5) return;
        if (will.on_stop)
            error(path + "/on_stop", "MQTT 3.1.1 has no DISCONNECT that leaves the will: use version 5");
        if (will.delay.count() != 0) error(path + "/delay", "MQTT 3.1.1 has no delay of wills: use version 5");
        if (!will.content_type.empty() || will.message_expiry.count() != 0 || !will.headers.empty())
            warning(path, "MQTT 3.1.1 has no properties: content_type, message_expiry and headers are left out");
    }

    void check_source(const BrokerOptions& broker_options, const std::string& broker, const leat_use& use) {
        const auto options = read_options<SourceOptions>(use.options);
        const std::string path = use.path;
        const leat_identity& identity = *use.identity;
        if (options.topics.empty()) error(path + "/topics", "no filter: nothing would be received");
        for (std::size_t i = 0; i < options.topics.size(); ++i)
            if (const char* fault = check_filter(options.topics[i]))
                error(path + "/topics/" + std::to_string(i), std::string("'") + options.topics[i] + "': " + fault);
        if (broker_options.version == VersionChoice::v3_1_1 && options.retained != RetainedChoice::fresh)
            warning(path + "/retained",
                    "MQTT 3.1.1 cannot choose: the broker sends retained messages at each connect");
        if (broker_options.engine == EngineChoice::paho) check_paho_source(options, path);
        if (options.will) check_will(*options.will, broker_options.version, path + "/will");
        if (options.will && options.will->delay.count() != 0 && options.qos == 0)
            warning(path + "/will/delay",
                    "with qos 0 the session ends with the connection, and the will is published at once");
        claim(broker, source_client_id(broker_options, options, identity), path);
        if (identity.replica == 0) {
            sources_.push_back({broker, path, options.topics});
            if (identity.replicas > 1) check_replicas(options, path);
        }
    }

    void check_replicas(const SourceOptions& options, const std::string& path) {
        if (!options.client_id.empty())
            error(path + "/client_id",
                  "a literal client id cannot be used by parallel copies: they would throw each other "
                  "out; leave it away, or set parallel to 1");
        for (std::size_t i = 0; i < options.topics.size(); ++i)
            if (without_share(options.topics[i]).size() == options.topics[i].size())
                error(path + "/topics/" + std::to_string(i),
                      "with parallel > 1 every copy would receive every message: use $share/GROUP/" +
                          options.topics[i]);
        warning(path, "with shared subscriptions, order holds only among the messages that one member receives");
    }

    void check_sink(const BrokerOptions& broker_options, const std::string& broker, const leat_use& use) {
        const auto options = read_options<SinkOptions>(use.options);
        const std::string path = use.path;
        if (broker_options.engine == EngineChoice::paho) {
            paho_sinks_.push_back(path);
            if (options.no_subscriber != NoSubscriberChoice::ack)
                error(path + "/no_subscriber",
                      "engine paho is not told of missing subscribers: leave it away, or use engine native");
        }
        if (options.qos == 0 && options.no_subscriber != NoSubscriberChoice::ack)
            warning(path + "/no_subscriber", "the broker tells of missing subscribers with QoS 1 and 2 only");
        if (options.qos == 2 && options.no_subscriber != NoSubscriberChoice::ack)
            warning(path + "/no_subscriber",
                    "with QoS 2 a broker that routes at the PUBREL, as Mosquitto does, cannot tell of missing "
                    "subscribers: use qos 1");
        const std::string topic(view(use.options[kSinkTopic].text));
        if (topic.find("${") == std::string::npos) {
            if (const char* fault = check_topic(topic))
                error(path + "/topic", std::string("'") + topic + "': " + fault);
        }
        if (use.identity->replica == 0) sinks_.push_back({broker, path, filter_of_template(topic)});
    }

    // Two clients with one id throw each other out for ever [MQTT-3.1.4-3].
    void claim(const std::string& broker, const std::string& client_id, const std::string& path) {
        const auto [at, is_new] = claimed_.try_emplace(broker + " " + client_id, path);
        if (!is_new)
            error(path, "the client id '" + client_id + "' is used by " + at->second +
                            " too: the broker would throw one out for the other; give one of them another client_id");
    }

    void check_feeds(const SinkUse& sink, const SourceUse& source) {
        if (sink.broker != source.broker) return;
        for (const std::string& filter : source.filters) {
            if (!overlap(sink.filter, filter)) continue;
            report(LEAT_REPORT_FEEDS, sink.path, source.path);
            return;
        }
    }

    const leat_check& configured_;
    std::map<std::string, std::string> claimed_;  // broker and client id -> path
    std::vector<SourceUse> sources_;
    std::vector<SinkUse> sinks_;
    std::string paho_source_;  // its path
    std::vector<std::string> paho_sinks_;
};

// What one placeholder can give: "${topic}" a whole topic, the others one level, as far as anybody can tell.
std::string_view filled_in(std::string_view placeholder) {
    return placeholder == "topic" || placeholder.substr(0, 7) == "topic:-" ? "#" : "+";
}

}  // namespace

std::string filter_of_template(std::string_view topic) {
    std::string filter;
    std::size_t level = 0;     // where the current level begins in `filter`
    bool is_variable = false;  // the current level holds a placeholder
    for (std::size_t i = 0; i < topic.size(); ++i) {
        if (topic.substr(i, 3) == "$${") {
            filter += "${";
            i += 2;
        } else if (topic.substr(i, 2) == "${") {
            const auto end = topic.find('}', i);
            const auto name = topic.substr(i + 2, (end == std::string_view::npos ? topic.size() : end) - i - 2);
            filter.resize(level);
            if (filled_in(name) == "#") return filter + "#";
            filter += '+';
            is_variable = true;
            if (end == std::string_view::npos) return filter;
            i = end;
        } else if (topic[i] == '/') {
            filter += '/';
            level = filter.size();
            is_variable = false;
        } else if (!is_variable) {
            filter += topic[i];
        }
    }
    return filter;
}

void check_configuration(const leat_check& configured) { Check(configured).run(); }

}  // namespace leat::mqtt
