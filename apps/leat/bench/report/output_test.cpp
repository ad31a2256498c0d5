#include "bench/report/output.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace leat::bench;
namespace fs = std::filesystem;

namespace {

struct Folder {
    std::string path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "leat-output-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    std::string file(const char* name) const { return path + "/" + name; }
    std::string text(const char* name) const {
        std::ifstream in(file(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }
    size_t count() const {
        return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
};

}  // namespace

TEST_CASE("what stands in the way of a file is told before it is written, and nothing is left behind") {
    const Folder folder;
    CHECK(obstacle(folder.file("new")).empty());
    CHECK(folder.count() == 0);
    std::ofstream(folder.file("old")) << "kept";
    CHECK(obstacle(folder.file("old")).empty());
    CHECK(folder.text("old") == "kept");
    CHECK(obstacle(folder.file("none/new")) ==
          "cannot write " + folder.file("none/new") + ": No such file or directory");
    CHECK(obstacle(folder.path) == "cannot write " + folder.path + ": Is a directory");
    CHECK(obstacle("/dev/null").empty());
    REQUIRE(mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    CHECK(obstacle(folder.file("pipe")).empty());  // without waiting for a reader
}

TEST_CASE("a file is replaced as a whole") {
    const Folder folder;
    write_file(folder.file("a"), "a longer text");
    write_file(folder.file("a"), "short");
    CHECK(folder.text("a") == "short");
    CHECK(folder.count() == 1);
    fs::create_symlink("a", folder.file("link"));
    CHECK(obstacle(folder.file("link")).empty());
    write_file(folder.file("link"), "by a link");
    CHECK(folder.text("a") == "by a link");
    CHECK(fs::is_symlink(folder.file("link")));
    write_file("/dev/null", "gone");
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a file that cannot be written as a whole is told, and what was there stays") {
    const Folder folder;
    CHECK_THROWS_WITH_AS(write_file("/dev/full", "text"), "cannot write /dev/full: No space left on device",
                         std::runtime_error);
    write_file(folder.file("a"), "before");
    fs::create_symlink("/dev/full", folder.file("a.new"));  // a full disk where the new one would grow
    CHECK_THROWS_AS(write_file(folder.file("a"), "after"), std::runtime_error);
    CHECK(folder.text("a") == "before");
    CHECK(folder.count() == 1);
}
