#include "backend.hpp"

#include "sink.hpp"
#include "source.hpp"

namespace kafka {

std::unique_ptr<leat::Source> Backend::source(const leat::Setup& setup, const SourceOptions& options) {
    return std::make_unique<Source>(*this, options, setup);
}

std::unique_ptr<leat::Sink> Backend::sink(const leat::Setup&, leat::Part* part, SinkOptions&& options) {
    return std::make_unique<Sink>(*static_cast<Producer*>(part), std::move(options));
}

std::unique_ptr<leat::Part> Backend::part(const leat::Setup& setup) {
    return std::make_unique<Producer>(*this, setup);
}

}  // namespace kafka
