#include "config/substitute.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "config/document.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

constexpr std::string_view kEnv = "${env:";
constexpr std::string_view kFile = "${file:";
constexpr size_t kMaxFileBytes = 1024 * 1024;

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// Output in which what was filled in can never form a `${` of the template language, not even with its neighbours.
class Escaped {
  public:
    void add(std::string_view text, bool filled_in) {
        for (const char c : text) {
            if (c == '{' && !out_.empty() && out_.back() == '$' && (filled_in || dollar_filled_in_)) out_ += '$';
            out_ += c;
            dollar_filled_in_ = filled_in && c == '$';
        }
    }

    std::string take() { return std::move(out_); }

  private:
    std::string out_;
    bool dollar_filled_in_ = false;
};

std::optional<std::string> read_file(const std::filesystem::path& path, std::string& error) {
    const std::string name = shown(path.string());
    std::error_code failure;
    if (std::filesystem::exists(path, failure) && !std::filesystem::is_regular_file(path, failure)) {
        error = name + " is not a regular file";
        return std::nullopt;
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    std::string text(kMaxFileBytes + 1, '\0');
    if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad() || !stream.is_open()) {
        error = "cannot read " + name + ": " + (errno != 0 ? std::strerror(errno) : "input error");
        return std::nullopt;
    }
    text.resize(static_cast<size_t>(stream.gcount()));
    if (text.size() > kMaxFileBytes) {
        error = name + " is larger than 1 MiB";
        return std::nullopt;
    }
    if (text.find('\0') != std::string::npos) {
        error = name + " holds a NUL byte";
        return std::nullopt;
    }
    if (!text.empty() && text.back() == '\n') {
        text.pop_back();
        if (!text.empty() && text.back() == '\r') text.pop_back();
    }
    return text;
}

std::optional<std::string> read_variable(std::string_view body, const Environment& environment, std::string& error) {
    const size_t split = body.find(":-");
    const std::string name(body.substr(0, split));
    if (name.empty() || name.find('=') != std::string::npos) {
        error = "expected the name of a variable: ${env:NAME} or ${env:NAME:-default}";
        return std::nullopt;
    }
    auto value = environment(name);
    if (split == std::string_view::npos) {
        if (!value)
            error =
                "the environment variable " + shown(name) + " is not set (${env:" + name + ":-default} gives one)";
        return value;
    }
    return value && !value->empty() ? value : std::string(body.substr(split + 2));
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value =
            std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets variables after start
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
}

std::optional<Expansion> expand(std::string_view text, const std::filesystem::path& folder,
                                const Environment& environment, std::string& error) {
    Expansion result;
    Escaped out;
    while (!text.empty()) {
        if (starts_with(text, "$${")) {
            out.add(text.substr(0, 3), false);
            text.remove_prefix(3);
            continue;
        }
        const bool file = starts_with(text, kFile);
        if (!file && !starts_with(text, kEnv)) {
            out.add(text.substr(0, 1), false);
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(file ? kFile.size() : kEnv.size());
        const size_t end = text.find('}');
        if (end == std::string_view::npos) {
            error = std::string(file ? kFile : kEnv) + " has no closing '}'";
            return std::nullopt;
        }
        const std::string_view body = text.substr(0, end);
        if (file && body.empty()) {
            error = "expected a path: ${file:PATH}";
            return std::nullopt;
        }
        const auto value = file ? read_file(folder / body, error) : read_variable(body, environment, error);
        if (!value) return std::nullopt;
        out.add(*value, true);
        result.substituted = true;
        result.from_file = result.from_file || file;
        text.remove_prefix(end + 1);
    }
    result.text = out.take();
    return result;
}

void substitute(Node& node, const Environment& environment, Report& report) {
    for (Node& child : node.children) substitute(child, environment, report);
    if (node.kind != Kind::string) return;
    std::string error;
    auto expansion = expand(node.text, node.document->folder, environment, error);
    if (!expansion) {
        report.error(node, error);
        node.unusable = true;
        return;
    }
    if (!expansion->substituted) return;
    node.written = std::move(node.text);
    node.text = std::move(expansion->text);
    node.substituted = true;
    node.from_file = expansion->from_file;
}

std::optional<std::string> literal(std::string_view expanded) {
    std::string out;
    out.reserve(expanded.size());
    while (!expanded.empty()) {
        if (starts_with(expanded, "${")) return std::nullopt;
        const bool escape = starts_with(expanded, "$${");
        out += escape ? std::string_view("${") : expanded.substr(0, 1);
        expanded.remove_prefix(escape ? 3 : 1);
    }
    return out;
}

std::optional<std::string> Rereadable::read(std::string& error) const {
    const auto expansion = expand(written, folder, process_environment(), error);
    if (!expansion) return std::nullopt;
    auto value = literal(expansion->text);
    if (!value) error = "holds a placeholder of a template";
    return value;
}

}  // namespace leat::config
