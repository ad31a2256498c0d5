#include <glob.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/compose/compose.hpp"
#include "config/compose/copy.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 1000;

bool is_merged(std::string_view name) { return name == "backends" || name == "routes" || name == "defaults"; }

bool is_pattern(const std::string& path) { return path.find_first_of("*?[") != std::string::npos; }

// What a pattern matches, sorted.
std::vector<fs::path> matches(const fs::path& pattern) {
    std::vector<fs::path> found;
    glob_t list{};
    if (glob(pattern.c_str(), 0, nullptr, &list) == 0) {
        for (size_t i = 0; i < list.gl_pathc; ++i) found.emplace_back(list.gl_pathv[i]);
    }
    globfree(&list);
    return found;
}

// The same file has the same name, however it was reached.
fs::path identity(const fs::path& file) {
    std::error_code failure;
    fs::path name = fs::weakly_canonical(file, failure);
    return failure ? file.lexically_normal() : name;
}

class Includer {
  public:
    Includer(Document& composed, const Environment& environment, const Open& open, Report& report)
        : composed_(composed), environment_(environment), open_(open), report_(report) {}

    void add(std::unique_ptr<Document> file, const Node* from) {
        const Document& added = *composed_.parts.emplace_back(std::move(file));
        const fs::path name = identity(added.file);
        done_.push_back(name);
        way_.push_back({name, from});
        if (added.root.kind == Kind::object) {
            for (const Node& member : added.root.children) merge(composed_.root, member, is_merged(member.name));
            if (const Node* include = added.root.find("include")) follow(*include, added);
        } else if (from) {
            report_.error(added.root, "expected an object with backends or routes, found " +
                                          std::string(with_article(added.root.kind)));
        }
        way_.pop_back();
    }

  private:
    struct Step {
        fs::path file;
        const Node* from;  // the include that named it; null: the main file
    };

    // `by_name`: both are objects whose members come together.
    void merge(Node& into, const Node& given, bool by_name) {
        if (given.name == "include" || given.name == "$schema") return;
        Node* known = member(into, given.name);
        if (!known) {
            into.children.push_back(copy_of(given));
        } else if (by_name && known->kind == Kind::object && given.kind == Kind::object) {
            const bool deeper = given.name == "defaults";
            for (const Node& each : given.children) merge(*known, each, deeper);
        } else if (known->document != given.document) {  // within one file it has been reported as a duplicate
            report_.error(given, "is given in " + place(*known) + " already; a name may be used once in all files");
        }
    }

    void follow(const Node& include, const Document& in) {
        if (include.kind != Kind::array) return follow_one(include, in);
        for (const Node& each : include.children) follow_one(each, in);
    }

    void follow_one(const Node& node, const Document& in) {
        if (node.kind != Kind::string) {
            report_.error(node,
                          "expected the name of a file, such as \"routes.d/*.json\", or a list of them, found " +
                              std::string(with_article(node.kind)));
            return;
        }
        if (!open_) return report_.error(node, "no file can be included here");
        std::string error;
        const auto expansion = expand(node.text, in.folder, environment_, error);
        const auto path = expansion ? literal(expansion->text) : std::nullopt;
        if (!path || path->empty()) {
            return report_.error(node, !expansion ? error
                                       : path     ? "the name of the file is empty"
                                                  : "only ${env:} can be filled in here");
        }
        if (!is_pattern(*path)) return open_file(in.folder / *path, node);
        const auto found = matches(in.folder / *path);
        if (found.empty()) report_.warning(node, "no file matches " + shown(*path));
        for (const fs::path& file : found) open_file(file, node);
    }

    void open_file(const fs::path& file, const Node& node) {
        const fs::path name = identity(file);
        const auto open = std::find_if(way_.begin(), way_.end(), [&](const Step& s) { return s.file == name; });
        if (open != way_.end()) return report_cycle(open, file, node);
        if (std::find(done_.begin(), done_.end(), name) != done_.end()) return;  // named twice, read once
        if (done_.size() >= kMaxFiles) {
            return report_.error(node, "more than " + std::to_string(kMaxFiles) + " files are included");
        }
        std::error_code failure;
        if (fs::is_directory(file, failure)) {
            return report_.error(node, shown(file.string()) + " is a folder; \"" + (file / "*.json").string() +
                                           "\" names the files in it");
        }
        if (!fs::exists(file, failure)) return report_.error(node, "there is no file " + shown(file.string()));
        const size_t values = values_in(composed_.root);
        auto document = open_(file, report_);
        if (!document) return;
        if (values + values_in(document->root) > kMaxDocumentValues) {
            return report_.error(node, "the files hold more than " + std::to_string(kMaxDocumentValues) + " values");
        }
        add(std::move(document), &node);
    }

    void report_cycle(std::vector<Step>::const_iterator open, const fs::path& file, const Node& node) {
        std::string way = file.string() + " includes itself: through ";
        for (auto step = open + 1; step != way_.end(); ++step) way += place(*step->from) + ", then ";
        way += place(node);
        report_.error(node, way);
    }

    Document& composed_;
    const Environment& environment_;
    const Open& open_;
    Report& report_;
    std::vector<fs::path> done_;
    std::vector<Step> way_;  // from the main file to the one at hand
};

}  // namespace

std::unique_ptr<Document> include_files(std::unique_ptr<Document> main, const Environment& environment,
                                        const Open& open, Report& report) {
    auto composed = std::make_unique<Document>();
    composed->file = main->file;
    composed->folder = main->folder;
    composed->root = copy_of(main->root);
    if (composed->root.kind == Kind::object) composed->root.children.clear();
    Includer(*composed, environment, open, report).add(std::move(main), nullptr);
    return composed;
}

}  // namespace leat::config
