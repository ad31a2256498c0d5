#include "backend.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "checks.hpp"
#include "probe.hpp"
#include "settings.hpp"
#include "sink.hpp"
#include "source.hpp"

namespace leat::rabbitmq {

void RabbitBackend::open() {
    BrokerUrl broker;
    std::string error;
    if (!parse_broker_url(url.text, broker, error)) throw std::runtime_error("url: " + error);
}

std::unique_ptr<leat::Source> RabbitBackend::source(const Setup& setup, const SourceOptions& options) {
    const std::string name =
        std::string(setup.identity->route) + ".source." + std::to_string(setup.identity->replica);
    return std::make_unique<RabbitSource>(options, [this, name](Settings& settings, std::string& why) {
        return read_settings(*this, services(), name, settings, why);
    });
}

std::unique_ptr<leat::Part> RabbitBackend::part(const Setup& setup) {
    const std::string name = "sinks." + std::to_string(setup.identity->shard);
    return std::make_unique<Publisher>([this, name](Settings& settings, std::string& why) {
        return read_settings(*this, services(), name, settings, why);
    });
}

std::unique_ptr<leat::Sink> RabbitBackend::sink(const Setup&, leat::Part* part, SinkOptions options) {
    return std::make_unique<RabbitSink>(std::move(options), static_cast<Publisher&>(*part));
}

void RabbitBackend::check(const leat_check& configured) { check_configuration(configured); }

void RabbitBackend::probe(const leat_host& host, const leat_check& configured) { probe_brokers(host, configured); }

}  // namespace leat::rabbitmq
