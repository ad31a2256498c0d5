#include "remembered.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

using namespace leat::mqtt;

TEST_CASE("filters are remembered by client id, and over restarts where there is a file") {
    std::string folder = (std::filesystem::temp_directory_path() / "leat-remembered-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/sessions";
    {
        Remembered r;
        CHECK(r.open(path).empty());
        CHECK(r.of("a").empty());
        CHECK(r.set("a", {"x/#", "b c/+"}).empty());
        CHECK(r.set("b", {"y"}).empty());
        CHECK(r.set("b", {}).empty());
    }
    Remembered again;
    CHECK(again.open(path).empty());
    CHECK(again.of("a") == std::vector<std::string>{"b c/+", "x/#"});
    CHECK(again.of("b").empty());
    std::filesystem::remove_all(folder);
}

TEST_CASE("a file that cannot be written is told of") {
    Remembered r;
    CHECK(r.open("/no/such/folder/file").empty());
    CHECK(r.set("a", {"x"}).find("cannot write /no/such/folder/file") == 0);
}

TEST_CASE("without a configured file, the first folder of systemd's StateDirectory has it; elsewhere there is none") {
    ::unsetenv("STATE_DIRECTORY");
    CHECK(default_session_file("plant").empty());
    ::setenv("STATE_DIRECTORY", "", 1);
    CHECK(default_session_file("plant").empty());
    ::setenv("STATE_DIRECTORY", "/var/lib/leat", 1);
    CHECK(default_session_file("plant") == "/var/lib/leat/mqtt-plant.sessions");
    ::setenv("STATE_DIRECTORY", "/var/lib/leat:/var/lib/other", 1);
    CHECK(default_session_file("other") == "/var/lib/leat/mqtt-other.sessions");
    ::unsetenv("STATE_DIRECTORY");
}
