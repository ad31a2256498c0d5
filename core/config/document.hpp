// A configuration file as a tree of values, each of which knows where it stands.
//
// JSON with // and /* */ comments and trailing commas. Duplicate names, bytes that are not UTF-8 and \u0000 are
// errors.
//
//   Report report("bridge.json");
//   auto document = parse(text, "bridge.json", report);   // null after a syntax error; all of them are in the report
//   if (const Node* backends = document->root.find("backends")) report.error(*backends, "...");
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leat::config {

class Report;
struct Document;

inline constexpr size_t kMaxDocumentBytes = 4 * 1024 * 1024;
inline constexpr size_t kMaxDocumentValues = 200'000;
inline constexpr unsigned kMaxDocumentDepth = 64;

enum class Kind : uint8_t { null, boolean, integer, number, string, array, object };

// "a string", "an object" ...: for sentences of the form "expected X, found Y".
std::string_view with_article(Kind kind);

// One JSON value. Children are held by value; the tree is linked by address, so a Node is neither copied nor moved
// once parsed or composed.
struct Node {
    Kind kind = Kind::null;
    bool boolean = false;
    bool substituted =
        false;  // a string into which ${env:} or ${file:} was filled: it may stand for a number or boolean
    bool from_file = false;  // ... and at least one ${file:}: the value can be read again later
    bool unusable = false;   // a string that could not be filled in; reported already
    uint32_t line = 0;       // from 1
    uint32_t index = 0;      // place among the parent's children
    int64_t integer = 0;     // of Kind::integer
    double number = 0;       // of Kind::integer and Kind::number
    std::string name;        // when the parent is an object
    std::string text;        // of a string: its characters, ${env:} and ${file:} filled in (substitute.hpp)
    std::string written;     // of a string with ${env:} or ${file:}: as it stands in the file
    const Node* parent = nullptr;
    const Document* document = nullptr;    // the file that it was written in
    const Node* copied_from = nullptr;     // in a composed document: as it was written
    const std::string* element = nullptr;  // of what for_each made: `plant = "p7"`
    std::vector<Node> children;            // of arrays and objects, in the order of the file

    // The member of an object, or null.
    const Node* find(std::string_view member) const;

    // The JSON pointer to this value: "/routes/telemetry/to". "" for the root.
    std::string path() const;

    // The same in the file that it was written in.
    std::string written_path() const { return copied_from ? copied_from->path() : path(); }
};

struct Document {
    std::string file;              // as the user named it: what reports print
    std::filesystem::path folder;  // what relative paths in the file are relative to
    Node root;
    std::vector<std::unique_ptr<const Document>> parts;  // of a composed document: the files that it was made of
    std::deque<std::string> elements;                    // what Node::element points to
};

// Reads `text`. Syntax errors go to `report`, as many as can be told apart, and the result is then null. Duplicate
// names are reported, too, but leave a usable document (the first one counts), so that later checks can report
// theirs.
std::unique_ptr<Document> parse(std::string_view text, std::string file, Report& report);

// Reads the file and parses it. Null, with a line in `report`, also when it cannot be read.
std::unique_ptr<Document> load(const std::filesystem::path& file, Report& report);

}  // namespace leat::config
