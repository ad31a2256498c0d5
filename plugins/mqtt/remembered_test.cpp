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
