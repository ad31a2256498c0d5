// The backend `console`: standard input and output.
#include <leat/sdk/export.hpp>

#include "sink.hpp"
#include "source.hpp"

#include <unistd.h>

namespace leat::console {

struct Backend : leat::Backend {
    using SourceOptions = console::SourceOptions;
    using SinkOptions = console::SinkOptions;
    static constexpr const char* kPromise =
        "Landed: the operating system has taken the line; it does not promise that anybody read it. Acknowledged: "
        "nothing is told to anybody; what was read from standard input and had not landed when the process was "
        "killed "
        "is lost.";

    std::unique_ptr<leat::Source> source(const Setup&, const SourceOptions& options) {
        return std::make_unique<Source>(options, STDIN_FILENO);
    }
    std::unique_ptr<leat::Sink> sink(const Setup&, Part*, const SinkOptions& options) {
        return std::make_unique<Sink>(options, Output::standard());
    }
};

}  // namespace leat::console

LEAT_BACKEND(leat::console::Backend, "console", "0.1.0",
             "Reads lines from standard input, prints to standard output.")
