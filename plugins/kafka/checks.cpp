// What a configuration's author is told before anything runs, and what a cluster says when asked.
#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

#include "backend.hpp"
#include "producer/topics.hpp"
#include "properties.hpp"

namespace kafka {
namespace {

void report(const leat_check& check, uint32_t severity, const std::string& path, const std::string& text) {
    check.report(&check, severity, path.c_str(), leat::bytes(text));
}

Connection read_connection(const leat_configured& configured) {
    Connection connection;
    Backend backend;
    leat::option_table<Backend>().bind(&backend, configured.options, nullptr);
    return static_cast<Connection&>(backend);
}

bool is_source(const leat_use& use) { return use.identity->role == LEAT_ROLE_SOURCE; }

std::string group_of(const SourceOptions& options, const leat_use& use) {
    return options.group.value_or("leat." + std::string(use.identity->route));
}

void check_properties(const leat_check& check, const leat_configured& configured, const Connection& connection) {
    const std::string path = configured.path;
    for (const auto& [name, value] : connection.properties) {
        try {
            if (const char* why = refusal(name)) throw std::runtime_error(name + " cannot be set: " + why);
            Conf().set(name, value);
        } catch (const std::exception& e) {
            report(check, LEAT_REPORT_ERROR, path + "/properties/" + name, e.what());
        }
    }
    if (connection.brokers.empty()) report(check, LEAT_REPORT_ERROR, path + "/brokers", "names no broker");
    if (connection.tls) {
        const std::string fault = leat::tls_fault(*connection.tls);
        if (!fault.empty()) report(check, LEAT_REPORT_ERROR, path + "/tls", fault);
    }
    try {
        Conf conf;
        if (connection.sasl) conf.set("sasl.mechanism", connection.sasl->mechanism);
    } catch (const std::exception& e) {
        report(check, LEAT_REPORT_ERROR, path + "/sasl/mechanism", e.what());
    }
}

// The pattern's matcher, as librdkafka would match a whole topic name from its beginning.
bool matches(const std::string& pattern, const std::string& topic) {
    if (pattern.empty() || pattern[0] != '^') return pattern == topic;
    return std::regex_search(topic, std::regex(pattern, std::regex::extended));
}

// What stands for an MQTT topic in Kafka most often: dots where it has slashes.
std::string with_dots(std::string topic) {
    std::replace(topic.begin(), topic.end(), '/', '.');
    return topic;
}

// A topic that is named as it stands.
void check_name(const leat_check& check, const std::string& path, const std::string& topic) {
    if (is_legal_topic(topic)) return;
    std::string why = "\"" + topic + "\" is no legal topic: ";
    if (topic == "." || topic == "..") {
        why += "Kafka has no topics named \".\" and \"..\"";
    } else if (topic.size() > 249) {
        why += "it has " + std::to_string(topic.size()) + " characters, Kafka takes 249";
    } else {
        why += "Kafka takes 1 to 249 of the letters a-z A-Z 0-9 . _ -";
        if (is_legal_topic(with_dots(topic))) why += "; did you mean \"" + with_dots(topic) + "\"?";
    }
    report(check, LEAT_REPORT_ERROR, path, why);
}

void check_source(const leat_check& check, const leat_use& use, const SourceOptions& options,
                  std::set<std::string>& instances, const std::string& cluster) {
    const std::string path = use.path;
    if (options.topics.empty()) report(check, LEAT_REPORT_ERROR, path + "/topics", "names no topic");
    for (const std::string& topic : options.topics) {
        if (!topic.starts_with('^')) check_name(check, path + "/topics", topic);
        try {
            matches(topic, "");
        } catch (const std::regex_error& e) {
            report(check, LEAT_REPORT_ERROR, path + "/topics",
                   "\"" + topic + "\" is no regular expression: " + e.what());
        }
    }
    if (!options.instance) return;
    if (use.identity->replicas > 1) {
        report(check, LEAT_REPORT_ERROR, path + "/instance",
               "one instance cannot be used by several replicas: leave it out, or set \"parallel\" to 1");
    } else if (use.identity->replica == 0 &&
               !instances.insert(cluster + '\n' + group_of(options, use) + '\n' + *options.instance).second) {
        report(check, LEAT_REPORT_ERROR, path + "/instance",
               "another route uses the same instance in the same group: they would throw each other out");
    }
}

// A sink that writes to what a source of the same cluster reads.
void check_feeds(const leat_check& check, const leat_use& sink, const std::string& topic, const leat_use& source,
                 const SourceOptions& options) {
    for (const std::string& pattern : options.topics) {
        try {
            if (!matches(pattern, topic)) continue;
        } catch (const std::regex_error&) {
            continue;
        }
        report(check, LEAT_REPORT_FEEDS, sink.path, source.path);
        return;
    }
}

// Tries one backend: its brokers and credentials, then the topics of its users.
class Probe {
  public:
    Probe(const leat_host& host, const leat_check& check, const leat_configured& configured)
        : check_(check), configured_(configured), services_{&host, configured.me} {}

    void run() {
        try {
            connect();
        } catch (const std::exception& e) {
            report(check_, LEAT_REPORT_ERROR, configured_.path, e.what());
            return;
        }
        const rd_kafka_metadata_t* found = nullptr;
        const rd_kafka_resp_err_t error = rd_kafka_metadata(client_.get(), 1, nullptr, &found, kPatience);
        if (error) {
            std::string why = std::string("no broker answers: ") + rd_kafka_err2str(error);
            if (const std::string reason = last_error(); !reason.empty()) why += ": " + reason;
            report(check_, LEAT_REPORT_ERROR, configured_.path, why);
            return;
        }
        const std::unique_ptr<const rd_kafka_metadata_t, void (*)(const rd_kafka_metadata_t*)> metadata(
            found, rd_kafka_metadata_destroy);
        report(check_, LEAT_REPORT_GOOD, configured_.path,
               "connected; brokers: " + std::to_string(metadata->broker_cnt) +
                   ", topics that may be seen: " + std::to_string(metadata->topic_cnt));
        for (uint32_t k = 0; k < configured_.use_count; ++k) look_for_topics(*configured_.uses[k], *metadata);
    }

  private:
    static constexpr int kPatience = 10'000;  // ms
    struct Destroy {
        void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    };

    void connect() {
        connection_ = read_connection(configured_);
        Conf conf = plain_conf(connection_, Secrets::read(connection_, services_));
        rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_ERROR);
        client_.reset(make_client(RD_KAFKA_PRODUCER, std::move(conf)));
    }

    // The first thing that went wrong with a connection; what follows is "all brokers are down".
    std::string last_error() {
        std::string text;
        rd_kafka_queue_t* events = rd_kafka_queue_get_main(client_.get());
        while (rd_kafka_event_t* event = rd_kafka_queue_poll(events, 0)) {
            if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR && text.empty()) {
                text = rd_kafka_event_error_string(event);
            }
            rd_kafka_event_destroy(event);
        }
        rd_kafka_queue_destroy(events);
        return text;
    }

    void look_for_topics(const leat_use& use, const rd_kafka_metadata_t& metadata) {
        if (use.identity->replica != 0) return;
        if (is_source(use)) {
            const auto options = leat::read_options<SourceOptions>(use.options);
            for (const std::string& pattern : options.topics) look_for(use, "/topics", pattern, metadata);
        } else {
            const auto options = leat::read_options<SinkOptions>(use.options);
            if (options.topic.is_literal()) look_for(use, "/topic", options.topic.text, metadata);
        }
    }

    void look_for(const leat_use& use, const char* option, const std::string& pattern,
                  const rd_kafka_metadata_t& metadata) {
        const std::string path = std::string(use.path) + option;
        for (int i = 0; i < metadata.topic_cnt; ++i) {
            const rd_kafka_metadata_topic_t& topic = metadata.topics[i];
            if (!matches(pattern, topic.topic)) continue;
            if (topic.err) {
                report(check_, LEAT_REPORT_ERROR, path, "topic " + pattern + ": " + rd_kafka_err2str(topic.err));
            } else {
                report(check_, LEAT_REPORT_GOOD, path,
                       "topic " + std::string(topic.topic) +
                           " is there; partitions: " + std::to_string(topic.partition_cnt));
            }
            return;
        }
        report(check_, LEAT_REPORT_WARNING, path,
               "topic " + pattern + " is not there, or this user may not see it; create it, unless the broker does");
    }

    const leat_check& check_;
    const leat_configured& configured_;
    leat::Services services_;
    Connection connection_;
    std::unique_ptr<rd_kafka_t, Destroy> client_;
};

}  // namespace

void Backend::check(const leat_check& check) {
    struct Seen {
        const leat_use* use;
        SourceOptions options;
        std::string cluster;
    };
    std::vector<Seen> sources;
    std::set<std::string> instances;
    for (uint32_t i = 0; i < check.backend_count; ++i) {
        const leat_configured& configured = *check.backends[i];
        const Connection connection = read_connection(configured);
        check_properties(check, configured, connection);
        for (uint32_t k = 0; k < configured.use_count; ++k) {
            const leat_use& use = *configured.uses[k];
            if (!is_source(use)) continue;
            sources.push_back({&use, leat::read_options<SourceOptions>(use.options), connection.brokers});
            check_source(check, use, sources.back().options, instances, connection.brokers);
        }
    }
    for (uint32_t i = 0; i < check.backend_count; ++i) {
        const leat_configured& configured = *check.backends[i];
        const std::string cluster = read_connection(configured).brokers;
        for (uint32_t k = 0; k < configured.use_count; ++k) {
            const leat_use& use = *configured.uses[k];
            if (is_source(use) || use.identity->replica != 0) continue;
            const SinkOptions options = leat::read_options<SinkOptions>(use.options);
            if (!options.topic.is_literal()) continue;
            check_name(check, std::string(use.path) + "/topic", options.topic.text);
            for (const Seen& source : sources) {
                if (source.cluster != cluster || source.use->identity->replica != 0) continue;
                check_feeds(check, use, options.topic.text, *source.use, source.options);
            }
        }
    }
}

void Backend::probe(const leat_host& host, const leat_check& check) {
    for (uint32_t i = 0; i < check.backend_count; ++i) Probe(host, check, *check.backends[i]).run();
}

}  // namespace kafka
