// Standard streams that are closed, full or left by their reader, and files that cannot be read or written.
#include "integration/cli_scene.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace leat::test;

namespace {

constexpr const char* kPrints = R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": { "r": { "from": { "backend": "made", "rate": "100/s" }, "to": { "backend": "out" },
                     "drain_timeout": "1h" } }
})";

}  // namespace

TEST_CASE("what cannot be written to standard output is a failure, in words") {
    const CliScene scene;
    scene.folder.write("bridge.json", kPrints);
    for (const char* words : {"schema", "plugins", "describe generate", "check bridge.json", "check --help",
                              "check bridge.json --print", "try bridge.json r --payload x"}) {
        CAPTURE(words);
        const Ran full = scene.shell(std::string("exec \"$0\" ") + words + " >/dev/full 2>err");
        CHECK(full.code == 1);
        CHECK_MESSAGE(has(full.err, "leat: standard output cannot be written: "), full.err);
        // A reader that has had enough, and none from the start, are no failures.
        const Ran left = scene.shell(std::string("(\"$0\" ") + words + " 2>err; echo $? >code) | head -c 1 >out");
        CHECK(read_file(scene.folder / "code") == "0\n");
        CHECK_FALSE(has(left.err, "cannot be written"));
        CHECK(scene.shell(std::string("exec \"$0\" ") + words + " >&- 2>err").code == 0);
    }
    CHECK(scene.shell("exec \"$0\" check nothing.json >/dev/full 2>err").code == 2);
}

TEST_CASE("a route whose output ends does so at once, and says why") {
    const CliScene scene;
    scene.folder.write("bridge.json", kPrints);
    // Nobody gets the number of a stream that was closed: nothing is printed into a socket.
    const Ran closed = scene.shell("exec \"$0\" run bridge.json >&- <&- 2>err");
    CHECK(closed.code == 1);
    CHECK_MESSAGE(has(closed.err, "standard output was closed by its reader"), closed.err);
    const Ran full = scene.shell("exec \"$0\" run bridge.json >/dev/full 2>err");
    CHECK(full.code == 1);
    CHECK_MESSAGE(has(full.err, "standard output cannot be written: No space left on device"), full.err);
    const Ran left = scene.shell("(\"$0\" run bridge.json 2>err; echo $? >code) | head -n 1 >out");
    CHECK(left.code == 0);
    CHECK(read_file(scene.folder / "code") == "1\n");
    CHECK_MESSAGE(has(left.err, "standard output was closed by its reader"), left.err);
    CHECK_FALSE(has(left.err, "drain_timeout is over"));
}

TEST_CASE("a status file that cannot be written is told once and stops nothing") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    const Ran none = scene.leat({"run", "bridge.json", "--status-json", "no/such/folder"});
    CHECK(none.code == 2);
    CHECK(has(none.err, "--status-json: cannot write no/such/folder: No such file or directory"));
    const Ran full = scene.leat({"run", "bridge.json", "--only", "few", "--until-idle", "2s", "--status-json",
                                 "/dev/full", "--status-interval", "10ms"});
    CHECK(full.code == 0);
    const std::string told = "--status-json: /dev/full cannot be written: No space left on device";
    CHECK_MESSAGE(has(full.err, told), full.err);
    CHECK(full.err.find(told) == full.err.rfind(told));
    // A file that may not grow further keeps the lines that fitted, each of them whole.
    const Ran limited = scene.shell(
        "ulimit -f 5; exec \"$0\" run bridge.json --only few --until-idle 3s --status-json st --status-interval 10ms"
        " --log-level warning >out 2>err");
    CHECK(limited.code == 0);
    CHECK_MESSAGE(has(limited.err, "--status-json: st cannot be written: File too large"), limited.err);
    CHECK(json_lines(read_file(scene.folder / "st")).size() > 1);
}

TEST_CASE("a file that is a folder, and a plugin folder that is not there, are told") {
    const CliScene scene;
    scene.folder.write("bridge.json", kPrints);
    const Ran ran = scene.leat({"try", "bridge.json", "r", "--payload-file", "."});
    CHECK(ran.code == 2);
    CHECK(has(ran.err, "--payload-file: . is a folder"));
    const Ran none = scene.leat({"check", "bridge.json", "--plugin-dir", "nowhere"});
    CHECK(none.code == 0);
    CHECK(has(none.err, "leat check: warning: --plugin-dir: there is no folder nowhere"));
}

TEST_CASE("more shards than the process may have descriptors for are refused in words") {
    const CliScene scene;
    std::string config = kPrints;
    config.insert(1, R"("shards": 200,)");
    scene.folder.write("bridge.json", config);
    const Ran ran = scene.shell("ulimit -n 64; exec \"$0\" run bridge.json >out 2>err");
    CHECK(ran.code == 1);
    CHECK_MESSAGE(has(ran.err, "no descriptors left for a shard: Too many open files"), ran.err);
    CHECK(has(ran.err, " of 200: see ulimit -n"));
}
