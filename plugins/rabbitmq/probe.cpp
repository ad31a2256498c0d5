#include "probe.hpp"

#include <unistd.h>
#include <leat/sdk/backend.hpp>

#include <algorithm>
#include <string>

#include "settings.hpp"
#include "topology.hpp"

namespace leat::rabbitmq {
namespace {

constexpr std::chrono::seconds kLongest{4};  // for each of connecting, logging in, answering

void report(const leat_check& to, std::uint32_t severity, const std::string& path, const std::string& text) {
    to.report(&to, severity, path.c_str(), bytes(text));
}

// Looks for what a source or sink needs; each failure closes the channel, so each look has its own.
void probe_use(Connection& connection, const leat_check& to, const leat_use& use) {
    const bool is_source = use.identity->role == LEAT_ROLE_SOURCE;
    const Topology wanted = is_source ? Topology::of(read_options<SourceOptions>(use.options))
                                      : Topology::of(read_options<SinkOptions>(use.options));
    const std::string path = std::string(use.path) + (is_source ? "/queue" : "/exchange");
    try {
        connection.open_channel(kChannel);
        wanted.look(connection, kChannel,
                    [&](const std::string& what) { report(to, LEAT_REPORT_GOOD, path, what + " is there"); });
        amqp_channel_close(connection.state(), kChannel, AMQP_REPLY_SUCCESS);
    } catch (const Closed& closed) {
        if (!closed.is_channel()) throw;
        constexpr int kNotFound = 404;
        const bool will_be = closed.code() == kNotFound && wanted.is_declared();
        report(to, will_be ? LEAT_REPORT_GOOD : LEAT_REPORT_ERROR, path,
               will_be ? "not there yet; it will be declared" : closed.what());
    }
}

void probe_backend(const leat_host& host, const leat_check& to, const leat_configured& backend) {
    BrokerOptions options;
    option_table<BrokerOptions>().bind(&options, backend.options, &host);
    const std::string path = backend.path;
    Settings settings;
    std::string why;
    if (!read_settings(options, {&host, backend.me}, "probe." + std::to_string(::getpid()), settings, why))
        return report(to, LEAT_REPORT_ERROR, path, why);
    settings.timeout = std::min<std::chrono::milliseconds>(settings.timeout, kLongest);
    try {
        Connection connection(settings);
        report(to, LEAT_REPORT_GOOD, path,
               "connected to " + settings.host + ":" + std::to_string(settings.port) + ", vhost " + settings.vhost);
        for (std::uint32_t i = 0; i < backend.use_count; ++i) {
            if (backend.uses[i]->identity->replica == 0) probe_use(connection, to, *backend.uses[i]);
        }
        connection.close();
    } catch (const Lost& lost) {
        report(to, LEAT_REPORT_ERROR, path, lost.what());
    }
}

}  // namespace

void probe_brokers(const leat_host& host, const leat_check& configured) {
    for (std::uint32_t i = 0; i < configured.backend_count; ++i)
        probe_backend(host, configured, *configured.backends[i]);
}

}  // namespace leat::rabbitmq
