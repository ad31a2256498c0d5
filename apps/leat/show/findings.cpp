#include "show/findings.hpp"

#include "show/figures.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace leat::app {
namespace {

uint64_t count(const Findings& findings, Finding::Kind kind) {
    return static_cast<uint64_t>(std::count_if(findings.all.begin(), findings.all.end(),
                                               [kind](const Finding& finding) { return finding.kind == kind; }));
}

}  // namespace

void print(const Findings& findings) {
    for (const Finding& finding : findings.all) {
        std::fprintf(stderr, "%s%s\n", finding.kind == Finding::Kind::good ? "ok: " : "", finding.text.c_str());
    }
}

std::string summary(const Findings& findings, const std::string& file, const std::string& resolved) {
    const uint64_t errors = count(findings, Finding::Kind::error);
    const uint64_t warnings = count(findings, Finding::Kind::warning);
    const std::string warned = warnings > 0 ? ", " + count_text(warnings, "warning") : "";
    if (errors > 0) return count_text(errors, "error") + warned + " in " + file;
    const auto json = nlohmann::json::parse(resolved, nullptr, false);
    const auto members = [&json](const char* name) {
        return json.is_object() && json.contains(name) ? json[name].size() : size_t{0};
    };
    return file + " is fine: " + count_text(members("backends"), "backend") + ", " +
           count_text(members("routes"), "route") + warned;
}

}  // namespace leat::app
