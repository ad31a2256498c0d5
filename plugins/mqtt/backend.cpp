#include "backend.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "check.hpp"
#include "native/native_sinks.hpp"
#include "paho/paho_settings.hpp"
#include "paho/paho_sinks.hpp"
#include "paho/paho_source.hpp"
#include "probe.hpp"
#include "settings.hpp"
#include "sink.hpp"
#include "source.hpp"

namespace leat::mqtt {

void MqttBackend::open() {
    std::string error;
    if (!parse_broker_url(url.text, broker_, error)) throw std::runtime_error("url: " + error);
    const std::string problem =
        remembered_.open(session_file.text.empty() ? default_session_file(identity().backend) : session_file.text);
    if (!problem.empty()) throw std::runtime_error("session_file: " + problem);
}

std::unique_ptr<leat::Source> MqttBackend::source(const Setup& setup, const SourceOptions& options) {
    PahoSettings settings = paho_settings(*this, broker_, services());
    settings.connect.client_id = source_client_id(*this, options, *setup.identity);
    settings.connect.clean_start = options.qos == 0;  // nothing to keep for us while we are away
    settings.connect.session_expiry = options.qos == 0 ? 0 : expiry_of(session_expiry);
    set_will(settings, options.will);
    if (engine == EngineChoice::paho) return std::make_unique<PahoSource>(options, std::move(settings), remembered_);
    return std::make_unique<MqttSource>(options, std::move(settings), remembered_);
}

std::unique_ptr<leat::Part> MqttBackend::part(const Setup& setup) {
    PahoSettings settings = paho_settings(*this, broker_, services());
    settings.connect.client_id = sinks_client_id(*this, setup.identity->shard);
    settings.connect.session_expiry = expiry_of(session_expiry);
    set_will(settings, will);
    if (engine == EngineChoice::paho) return std::make_unique<PahoSinks>(std::move(settings));
    return std::make_unique<NativeSinks>(std::move(settings));
}

std::unique_ptr<leat::Sink> MqttBackend::sink(const Setup&, leat::Part* part, SinkOptions options) {
    return std::make_unique<MqttSink>(std::move(options), static_cast<SinkConnection&>(*part),
                                      static_cast<std::size_t>(max_packet_size.bytes));
}

void MqttBackend::check(const leat_check& configured) { check_configuration(configured); }

void MqttBackend::probe(const leat_host& host, const leat_check& configured) { probe_brokers(host, configured); }

}  // namespace leat::mqtt
