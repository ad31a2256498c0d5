#include "support/process.hpp"

#include <doctest/doctest.h>

#include "support/eventually.hpp"
#include "support/folder.hpp"
#include "support/port.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

TEST_CASE("a process tells its exit code and its output") {
    const Folder folder;
    Process process({"sh", "-c", "echo $WORD; exit 3"},
                    {.output = folder / "out", .environment = {{"WORD", "leat"}}});
    CHECK(process.wait(10s) == 3);
    CHECK(process.output() == "leat\n");
}

TEST_CASE("a killed process is gone, and a missing program is a failure to run") {
    Process sleeper({"sleep", "60"});
    CHECK(sleeper.running());
    sleeper.kill();
    CHECK_FALSE(sleeper.running());
    CHECK(sleeper.wait(1s) == 128 + 9);
    const Folder folder;
    CHECK(run({"/nonexistent/program"}, folder / "out") == 127);
}

TEST_CASE("a frozen process makes no progress until it is thawed") {
    const Folder folder;
    Process counter({"sh", "-c", "while :; do echo x; sleep 0.01; done"}, {.output = folder / "out"});
    REQUIRE(counter.says("x"));
    counter.freeze();
    const auto size = counter.output().size();
    std::this_thread::sleep_for(100ms);
    CHECK(counter.output().size() == size);
    counter.thaw();
    CHECK(eventually([&] { return counter.output().size() > size; }));
    CHECK(counter.stop() == 128 + 15);
}

TEST_CASE("free ports differ and are not listened on") {
    const auto a = free_port();
    const auto b = free_port();
    CHECK(a != b);
    CHECK_FALSE(accepts(a));
}
