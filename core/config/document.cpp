#include "config/document.hpp"

#include <algorithm>
#include <fstream>

#include "config/report.hpp"
#include "config/syntax.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

// Links parents, numbers the children and reports duplicate names, keeping the first of each.
void link(Node& node, Report& report) {
    if (node.kind == Kind::object) {
        std::vector<const Node*> by_name;
        for (const Node& child : node.children) by_name.push_back(&child);
        std::stable_sort(by_name.begin(), by_name.end(),
                         [](const Node* a, const Node* b) { return a->name < b->name; });
        for (size_t i = 1; i < by_name.size(); ++i) {
            if (by_name[i]->name != by_name[i - 1]->name) continue;
            const auto same = [&](const Node* other) { return other->name == by_name[i]->name; };
            const Node* first = *std::find_if(by_name.begin(), by_name.end(), same);
            report.error(
                by_name[i]->line, node.path() + "/" + by_name[i]->name,
                "duplicate name " + shown(by_name[i]->name) + ", first used in line " + std::to_string(first->line));
        }
    }
    uint32_t index = 0;
    for (Node& child : node.children) {
        child.parent = &node;
        child.document = node.document;
        child.index = index++;
    }
    for (Node& child : node.children) link(child, report);
}

}  // namespace

std::string_view with_article(Kind kind) {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return "a boolean";
        case Kind::integer:
            return "an integer";
        case Kind::number:
            return "a number";
        case Kind::string:
            return "a string";
        case Kind::array:
            return "a list";
        case Kind::object:
            return "an object";
    }
    return "nothing";
}

const Node* Node::find(std::string_view member) const {
    if (kind != Kind::object) return nullptr;
    const auto found =
        std::find_if(children.begin(), children.end(), [&](const Node& c) { return c.name == member; });
    return found == children.end() ? nullptr : &*found;
}

std::string Node::path() const {
    if (!parent) return {};
    std::string out = parent->path() + "/";
    if (parent->kind == Kind::array) return out + std::to_string(index);
    for (const char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::unique_ptr<Document> parse(std::string_view text, std::string file, Report& report) {
    const Report::File here(report, file);
    auto document = std::make_unique<Document>();
    document->folder = std::filesystem::path(file).parent_path();
    document->file = std::move(file);
    if (!read_syntax(text, document->root, report)) return nullptr;
    document->root.document = document.get();
    link(document->root, report);
    return document;
}

std::unique_ptr<Document> load(const std::filesystem::path& file, Report& report) {
    const Report::File here(report, file.string());
    std::error_code failure;
    if (std::filesystem::is_directory(file, failure)) {
        report.error(0, "", "is a folder; expected a configuration file");
        return nullptr;
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        const bool exists = std::filesystem::exists(file, failure);
        report.error(0, "", exists ? "cannot be read: permission denied" : "cannot be read: no such file");
        return nullptr;
    }
    std::string text;
    std::string block(64 * 1024, '\0');
    while (text.size() <= kMaxDocumentBytes &&
           (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0)) {
        text.append(block, 0, static_cast<size_t>(stream.gcount()));
    }
    return parse(text, file.string(), report);
}

}  // namespace leat::config
