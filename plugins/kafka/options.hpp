// What the configuration says to this plugin: the backend's, the source's and the sink's options.
//
// Plain data with one declaration each; documentation and JSON Schema come from here.
#pragma once
#include <leat/sdk/options.hpp>
#include <leat/sdk/tls.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kafka {

/// A template option together with its text: one without `${` is used as it stands, and check() can read it.
struct Pattern {
    std::string text;
    leat::Template fill;
    bool is_literal() const { return text.find('$') == std::string::npos; }
    bool is_given() const { return static_cast<bool>(fill); }
};

}  // namespace kafka

template <>
struct leat::OptionType<kafka::Pattern> {
    static constexpr uint32_t type = LEAT_TEMPLATE, element = 0;
    static kafka::Pattern read(const leat_value& v, const leat_host* host) {
        return {std::string(leat::view(v.text)), leat::Template(host, v.as.template_)};
    }
    static std::string show(const kafka::Pattern&) { return ""; }
};

namespace kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

struct Sasl {
    std::string mechanism = "SCRAM-SHA-512", user;
    leat::Secret password;
    static auto options() {
        return leat::options(
            leat::option<&Sasl::mechanism>("mechanism",
                                           "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or what librdkafka knows."),
            leat::option<&Sasl::user>("user", "User name."),
            leat::option<&Sasl::password>("password",
                                          "Password; one from ${file:} is read again when the broker refuses it."));
    }
};

/// How to reach a cluster: the options of the backend itself.
struct Connection {
    std::string brokers, client_id = "leat";
    std::optional<leat::TlsOptions> tls;
    std::optional<Sasl> sasl;
    Properties properties;
};

struct SourceOptions {
    std::vector<std::string> topics;
    std::optional<std::string> group, instance;
    std::string start = "earliest";
    std::chrono::milliseconds session_timeout{6000}, commit_interval{250};
    static auto options() {
        return leat::options(
            leat::option<&SourceOptions::topics>("topics",
                                                 "Topics to read; one that begins with ^ is a regular expression.")
                .required()
                .example(R"(["orders", "^plant\\..*"])"),
            leat::option<&SourceOptions::group>("group", "Consumer group; default: leat.<route>."),
            leat::option<&SourceOptions::start>(
                "start", "Where a group without a committed offset begins; what was chosen is committed first.")
                .allowed({"earliest", "latest"}),
            leat::option<&SourceOptions::instance>("instance",
                                                   "Static membership: group.instance.id of this process; a restart "
                                                   "goes on at once, without a rebalance."),
            leat::option<&SourceOptions::session_timeout>(
                "session_timeout",
                "After this long without a heartbeat the group gives this member's partitions to others; the broker "
                "allows 6s and more by default.")
                .range(1e9, 3600e9)
                .advanced(),
            leat::option<&SourceOptions::commit_interval>(
                "commit_interval", "Offsets are committed this often, and earlier when credit runs low.")
                .range(1e6, 60e9)
                .advanced());
    }
};

struct SinkOptions {
    Pattern topic, key, partition;
    bool timestamp = true;
    static auto options() {
        return leat::options(
            leat::option<&SinkOptions::topic>("topic", "Topic to write to.").required().example(R"("telemetry")"),
            leat::option<&SinkOptions::key>(
                "key", "Key of the records; default: the message's own. Without any, a lane stays in one partition.")
                .example(R"("${topic[2]}")"),
            leat::option<&SinkOptions::partition>("partition",
                                                  "Partition number; default: chosen by key, or by lane."),
            leat::option<&SinkOptions::timestamp>(
                "timestamp", "Whether records carry the message's time; otherwise the time of sending."));
    }
};

}  // namespace kafka
