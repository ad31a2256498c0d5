#include "config/report.hpp"

#include <algorithm>

#include "config/document.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

constexpr size_t kMaxFindings = 500;
}  // namespace

void Report::error(const Node& where, std::string text) {
    add({Severity::error, where.line, where.path(), std::move(text)});
}

void Report::error(uint32_t line, std::string path, std::string text) {
    add({Severity::error, line, std::move(path), std::move(text)});
}

void Report::warning(const Node& where, std::string text) {
    add({Severity::warning, where.line, where.path(), std::move(text)});
}

void Report::add(Finding finding) {
    const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& other) {
        return other.line == finding.line && other.path == finding.path && other.text == finding.text;
    });
    if (known) return;
    const bool is_error = finding.severity == Severity::error;
    if (findings_.size() >= kMaxFindings) {
        if (!is_error || errors_ > 0) return;  // an error is never lost behind warnings
        findings_.pop_back();
    }
    if (is_error) ++errors_;
    findings_.push_back(std::move(finding));
}

std::vector<Finding> Report::sorted() const {
    std::vector<Finding> out = findings_;
    std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) { return a.line < b.line; });
    return out;
}

std::string Report::text() const {
    std::string out;
    for (const Finding& finding : sorted()) out += format(finding, file_) + "\n";
    if (findings_.size() >= kMaxFindings) out += file_ + ": further findings are not shown\n";
    return out;
}

std::string format(const Finding& finding, std::string_view file) {
    std::string out(file);
    if (finding.line > 0) out += ":" + std::to_string(finding.line);
    out += ": ";
    if (!finding.path.empty()) out += finding.path + ": ";
    if (finding.severity == Severity::warning) out += "warning: ";
    out += finding.text;
    return printable(out);
}

}  // namespace leat::config
