#include "config/report.hpp"

#include <algorithm>
#include <utility>

#include "config/document.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

constexpr size_t kMaxFindings = 500;
}  // namespace

void Report::error(const Node& where, std::string text) {
    add(Severity::error, where, where.written_path(), std::move(text));
}

void Report::error(const Node& where, std::string_view path, std::string text) {
    const size_t known = std::min(where.path().size(), path.size());
    add(Severity::error, where, where.written_path() + std::string(path.substr(known)), std::move(text));
}

void Report::error(uint32_t line, std::string path, std::string text) {
    add({Severity::error, current_, line, std::move(path), std::move(text), {}, 0});
}

void Report::warning(const Node& where, std::string text) {
    add(Severity::warning, where, where.written_path(), std::move(text));
}

void Report::add(Severity severity, const Node& where, std::string path, std::string text) {
    add({severity, where.document ? where.document->file : current_, where.line, std::move(path), std::move(text),
         where.element ? *where.element : std::string(), 0});
}

std::string Report::enter(std::string file) {
    if (rank(file) == files_.size()) files_.push_back(file);
    return std::exchange(current_, std::move(file));
}

size_t Report::rank(const std::string& file) const {
    return static_cast<size_t>(std::find(files_.begin(), files_.end(), file) - files_.begin());
}

void Report::add(Finding finding) {
    const auto known = std::find_if(findings_.begin(), findings_.end(), [&](const Finding& other) {
        return other.line == finding.line && other.path == finding.path && other.text == finding.text &&
               other.file == finding.file;
    });
    if (known != findings_.end()) {
        if (known->element != finding.element) ++known->more;
        return;
    }
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
    std::stable_sort(out.begin(), out.end(), [this](const Finding& a, const Finding& b) {
        return std::pair(rank(a.file), a.line) < std::pair(rank(b.file), b.line);
    });
    return out;
}

std::string Report::text() const {
    std::string out;
    for (const Finding& finding : sorted()) out += format(finding) + "\n";
    if (findings_.size() >= kMaxFindings) out += files_.front() + ": further findings are not shown\n";
    return out;
}

std::string format(const Finding& finding) {
    std::string out = finding.file;
    if (finding.line > 0) out += ":" + std::to_string(finding.line);
    out += ": ";
    if (!finding.path.empty()) out += finding.path + ": ";
    if (finding.severity == Severity::warning) out += "warning: ";
    out += finding.text;
    if (!finding.element.empty()) {
        out += " (for_each: " + finding.element;
        if (finding.more > 0) out += ", and " + std::to_string(finding.more) + " more";
        out += ")";
    }
    return printable(out);
}

std::string place(const Node& node) {
    const std::string file = node.document ? node.document->file + ":" : "line ";
    return file + std::to_string(node.line) + ": " + node.written_path();
}

}  // namespace leat::config
