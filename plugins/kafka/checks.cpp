#include <regex>
#include <set>
#include <stdexcept>

#include "backend.hpp"
#include "properties.hpp"

// What a configuration's author is told before anything runs, and what a cluster says when asked.
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
    if (connection.tls && connection.tls->cert.text.empty() != connection.tls->key.text.empty()) {
        report(check, LEAT_REPORT_ERROR, path + "/tls", "cert and key belong together: give both or none");
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

void check_source(const leat_check& check, const leat_use& use, const SourceOptions& options,
                  std::set<std::string>& instances, const std::string& cluster) {
    const std::string path = use.path;
    if (options.topics.empty()) report(check, LEAT_REPORT_ERROR, path + "/topics", "names no topic");
    for (const std::string& topic : options.topics) {
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
void check_loops(const leat_check& check, const leat_use& sink, const std::string& topic, const leat_use& source,
                 const SourceOptions& options) {
    for (const std::string& pattern : options.topics) {
        try {
            if (!matches(pattern, topic)) continue;
        } catch (const std::regex_error&) {
            continue;
        }
        const bool same = std::string_view(sink.identity->route) == source.identity->route;
        report(check, LEAT_REPORT_WARNING, std::string(sink.path) + "/topic",
               "a loop: " + (same ? std::string("this route") : "route " + std::string(source.identity->route)) +
                   " reads \"" + pattern + "\", which matches \"" + topic + "\"");
    }
}

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
            for (const Seen& source : sources) {
                if (source.cluster != cluster || source.use->identity->replica != 0) continue;
                check_loops(check, use, options.topic.text, *source.use, source.options);
            }
        }
    }
}

void Backend::probe(const leat_host& host, const leat_check& check) {
    for (uint32_t i = 0; i < check.backend_count; ++i) {
        const leat_configured& configured = *check.backends[i];
        const Connection connection = read_connection(configured);
        const std::string path = configured.path;
        char why[512] = "";
        rd_kafka_t* client = nullptr;
        try {
            const Secrets secrets = Secrets::read(connection, {&host, configured.me});
            Conf conf = plain_conf(connection, secrets);
            rd_kafka_conf_t* given = conf.release();
            client = rd_kafka_new(RD_KAFKA_PRODUCER, given, why, sizeof why);
            if (!client) rd_kafka_conf_destroy(given);
            if (!client) throw std::runtime_error(why);
        } catch (const std::exception& e) {
            report(check, LEAT_REPORT_ERROR, path, e.what());
            continue;
        }
        (void)client;
        rd_kafka_destroy(client);
    }
}

}  // namespace kafka
