// Feeds bytes through everything that a configuration file can reach, and what its expressions do with a payload:
// a first line that begins with a NUL ends the configuration and begins the payload.
//
//   fuzz_config -max_total_time=600 corpus/
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/read.hpp"
#include "config/report.hpp"
#include "config/resolved.hpp"
#include "config/sample_plugins.hpp"
#include "expression/scratch.hpp"

namespace {

using namespace leat::config;

const Plugins& plugins() {
    static const Plugins all = sample::plugins();
    return all;
}

// No files are read and no variables leak in: the input alone decides.
std::optional<std::string> variable(const std::string& name) {
    return name.size() < 3 ? std::optional<std::string>("12") : std::nullopt;
}

void run_expressions(std::string_view text, std::string_view payload) {
    leat_message message{};
    message.topic = leat::expression::bytes("plant/7/temp");
    message.payload = leat::expression::bytes(payload);
    leat_text scratch{nullptr, 0, 0};
    leat_bytes out{};
    std::string error;
    if (const auto compiled = leat::expression::Template::compile(text, {'/', "r"}, error))
        compiled->render(message, scratch, out);
    if (const auto compiled = leat::expression::Condition::compile(text, {'/', "r"}, error))
        compiled->evaluate(message, scratch, out);
    leat::expression::clear(scratch);
}

void each_string(const Node& node, std::string_view payload) {
    if (node.kind == Kind::string) run_expressions(node.text, payload);
    for (const Node& child : node.children) each_string(child, payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const size_t split = input.find('\0');
    const std::string_view text = input.substr(0, split);
    const std::string_view payload = split == std::string_view::npos ? std::string_view{} : input.substr(split + 1);
    run_expressions(text, payload);
    if (text.find("${file:") != std::string_view::npos) return 0;
    Report report("fuzz.json");
    auto document = parse(text, "fuzz.json", report);
    if (!document) return report.has_errors() ? 0 : (std::abort(), 0);  // a refusal says why
    each_string(document->root, payload);
    const auto model = read_model(std::move(document), variable, report);
    validate(*model, plugins(), report);
    report.text();
    if (!report.has_errors()) print_resolved(*model);
    return 0;
}
