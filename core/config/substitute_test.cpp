#include "config/substitute.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "config/document.hpp"
#include "config/report.hpp"

using namespace leat::config;

namespace {

const std::map<std::string, std::string> kVariables{{"PORT", "1883"}, {"EMPTY", ""},        {"TRAP", "a${topic}b"},
                                                    {"DOLLAR", "x$"}, {"BRACE", "{topic}"}, {"ESCAPED", "$${x}"}};

std::optional<std::string> look_up(const std::string& name) {
    const auto found = kVariables.find(name);
    return found == kVariables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("leat-substitute-" + std::to_string(getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path / name, std::ios::binary) << text;
    }
};

std::string expanded(std::string_view text, const std::filesystem::path& folder = {}) {
    std::string error;
    const auto result = expand(text, folder, look_up, error);
    return result ? result->text : "error: " + error;
}

// The value that an option which is no template gets.
std::string value(std::string_view text) { return literal(expanded(text)).value_or("(placeholder)"); }

}  // namespace

TEST_CASE("environment variables are filled in anywhere in a string") {
    CHECK(expanded("tcp://h:${env:PORT}/x") == "tcp://h:1883/x");
    CHECK(expanded("${env:PORT}${env:PORT}") == "18831883");
    CHECK(expanded("no placeholder $ { } $x") == "no placeholder $ { } $x");
}

TEST_CASE("a default stands in for a variable that is unset or empty") {
    CHECK(expanded("${env:NOPE:-7}") == "7");
    CHECK(expanded("${env:EMPTY:-7}") == "7");
    CHECK(expanded("${env:PORT:-7}") == "1883");
    CHECK(expanded("${env:NOPE:-}") == "");
    CHECK(expanded("${env:NOPE:-a:-b}") == "a:-b");
    CHECK(expanded("${env:EMPTY}") == "");
}

TEST_CASE("an unset variable without default is an error that names it") {
    CHECK(expanded("${env:NOPE}").find("error: the environment variable \"NOPE\" is not set") == 0);
    CHECK(expanded("${env:}").find("error: expected the name") == 0);
    CHECK(expanded("${env:PORT").find("error: ${env: has no closing") == 0);
    CHECK(expanded("${file:}").find("error: expected a path") == 0);
}

TEST_CASE("template placeholders and their escape are left alone") {
    CHECK(expanded("a/${topic[1]}/${json:/a:-b}/$${key}") == "a/${topic[1]}/${json:/a:-b}/$${key}");
    CHECK(expanded("$${env:PORT}") == "$${env:PORT}");
    CHECK(value("$${env:PORT}") == "${env:PORT}");
    CHECK(value("${topic}") == "(placeholder)");
}

TEST_CASE("what is filled in is never taken for a template") {
    CHECK(value("${env:TRAP}") == "a${topic}b");
    CHECK(value("${env:ESCAPED}") == "$${x}");
    CHECK(value("${env:DOLLAR}{topic}") == "x${topic}");
    CHECK(value("${env:DOLLAR}${env:BRACE}") == "x${topic}");
    CHECK(value("${env:DOLLAR}") == "x$");
    CHECK(value("$$${env:BRACE}") == "$${env:BRACE}");
}

TEST_CASE("a file is read relative to the configuration's folder and loses one trailing newline") {
    Folder folder;
    folder.write("one", "secret\n");
    folder.write("two", "secret\n\n");
    folder.write("windows", "secret\r\n");
    folder.write("empty", "");
    CHECK(expanded("${file:one}", folder.path) == "secret");
    CHECK(expanded("<${file:two}>", folder.path) == "<secret\n>");
    CHECK(expanded("${file:windows}", folder.path) == "secret");
    CHECK(expanded("${file:empty}", folder.path) == "");
    CHECK(expanded("${file:" + (folder.path / "one").string() + "}", "/nowhere") == "secret");
}

TEST_CASE("a file that cannot be read is an error with its path and reason") {
    Folder folder;
    folder.write("nul", std::string_view("a\0b", 3));
    folder.write("huge", std::string(1024 * 1024 + 1, 'x'));
    CHECK(expanded("${file:missing}", folder.path).find("missing\": No such file or directory") != std::string::npos);
    CHECK(expanded("${file:.}", folder.path).find("not a regular file") != std::string::npos);
    CHECK(expanded("${file:nul}", folder.path).find("holds a NUL byte") != std::string::npos);
    CHECK(expanded("${file:huge}", folder.path).find("larger than 1 MiB") != std::string::npos);
}

TEST_CASE("all strings of a document are filled in, and every failure is reported at its place") {
    Report report("f.json");
    auto document =
        parse("{\"a\": \"${env:PORT}\",\n\"b\": [\"${env:NOPE}\",\n\"${file:/nowhere/x}\"]}", "f.json", report);
    REQUIRE(document);
    substitute(document->root, look_up, report);
    const Node& a = *document->root.find("a");
    CHECK(a.text == "1883");
    CHECK(a.substituted);
    CHECK_FALSE(a.from_file);
    CHECK(a.written == "${env:PORT}");
    CHECK(report.errors() == 2);
    CHECK(report.text().find("f.json:2: /b/0: the environment variable") == 0);
    CHECK(report.text().find("f.json:3: /b/1: cannot read") != std::string::npos);
    CHECK(document->root.find("b")->children[0].unusable);
}

TEST_CASE("a value from a file can be read again after the file has changed") {
    Folder folder;
    folder.write("password", "old\n");
    const Rereadable password{"${file:password}", folder.path};
    std::string error;
    CHECK(password.read(error) == "old");
    folder.write("password", "new${x}\n");
    CHECK(password.read(error) == "new${x}");
    std::filesystem::remove(folder.path / "password");
    CHECK_FALSE(password.read(error));
    CHECK(error.find("No such file") != std::string::npos);
}
