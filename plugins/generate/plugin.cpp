// The backend `generate`: made-up messages for demonstrations, tests and measurements.
#include <leat/sdk/export.hpp>

#include "source.hpp"

namespace leat::generate {

struct Backend : leat::Backend {
    using SourceOptions = generate::SourceOptions;
    static constexpr const char* kPromise =
        "Acknowledged: nothing is told to anybody. The messages of a process that was killed are not made again.";

    std::unique_ptr<leat::Source> source(const Setup&, const SourceOptions& options) {
        return std::make_unique<Source>(options);
    }
};

}  // namespace leat::generate

LEAT_BACKEND(leat::generate::Backend, "generate", "0.1.0", "Makes numbered or simulated sensor messages.")
