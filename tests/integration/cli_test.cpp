// The command line as people and scripts meet it: the real program, no broker.
#include "integration/cli_scene.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

using namespace leat::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("help and version are for standard output, a wrong command line is not") {
    const CliScene scene;
    CHECK(scene.leat({"--version"}).out.starts_with("leat "));
    CHECK(has(scene.leat({"--help"}).out, "Exit codes"));
    for (const char* command : {"run", "check", "try", "redrive", "plugins", "describe", "schema"}) {
        CAPTURE(command);
        const Ran help = scene.leat({command, "--help"});
        CHECK(help.code == 0);
        CHECK(has(help.out, std::string("usage: leat ") + command));
        const Ran wrong = scene.leat({command, "--nonsense"});
        CHECK(wrong.code == 2);
        CHECK(wrong.out.empty());
        CHECK(has(wrong.err, "--nonsense"));
    }
    CHECK(scene.leat({}).code == 2);
    CHECK(scene.leat({"rum"}).code == 2);
}

TEST_CASE("check says in one line that all is well") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    const Ran ran = scene.leat({"check", "bridge.json"});
    CHECK(ran.code == 0);
    CHECK(ran.out == "bridge.json is fine: 2 backends, 2 routes\n");
    CHECK(ran.err.empty());
}

TEST_CASE("check makes the stages: what a plugin refuses is told at its place") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": {
    "a": { "from": { "backend": "made" }, "through": [ { "plugin": "jq", "program": ".a |" } ], "to": { "backend": "out" } },
    "b": { "from": { "backend": "made" }, "parallel": 4,
           "to": [ { "backend": "out" },
                   { "backend": "out", "through": [ { "plugin": "validate", "schema": "none.json" } ] } ] }
  }
})");
    const Ran ran = scene.leat({"check", "bridge.json"});
    CHECK(ran.code == 2);
    CHECK_MESSAGE(has(ran.err, "bridge.json:4: /routes/a/through/0: "), ran.err);
    CHECK(has(ran.err, "program: jq: error: syntax error"));
    CHECK(has(ran.err, "bridge.json:7: /routes/b/to/1/through/0: "));
    CHECK(has(ran.err, "none.json cannot be read"));
    CHECK(has(ran.err, "2 errors in bridge.json"));
}

TEST_CASE("check tells all errors at once, with file, line, path and the nearest right word") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "backends": { "made": { "plugin": "generat" }, "out": { "plugin": "console" } },
  "routes": {
    "a": { "from": { "backend": "mad" },
           "to": { "backend": "out", "formt": "null" } }
  }
})");
    const Ran ran = scene.leat({"check", "bridge.json"});
    CHECK(ran.code == 2);
    CHECK(has(ran.err, "bridge.json:2: /backends/made/plugin: "));
    CHECK(has(ran.err, "did you mean \"generate\""));
    CHECK(has(ran.err, "bridge.json:4: /routes/a/from"));
    CHECK(has(ran.err, "bridge.json:5: /routes/a/to/formt: "));
    CHECK(has(ran.err, "did you mean \"format\""));
    CHECK(has(ran.err, " in bridge.json\n"));
    CHECK(scene.leat({"run", "bridge.json"}).code == 2);
}

TEST_CASE("a wrong option hides nothing that plugins and stages find elsewhere") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "plugin_path": ["nowhere"],
  "backends": { "plant": { "plugin": "mqtt", "url": "mqtt://localhost:99999" },
                "other": { "plugin": "mqtt", "url": "http://localhost" },
                "third": { "plugin": "mqtt", "url": "mqtt://localhost" } },
  "routes": {
    "a": { "from": { "backend": "third", "topics": ["a/#/b"] }, "through": [ { "plugin": "jq", "program": ".a |" } ],
           "to": { "backend": "plant", "topic": "t" } }
  }
})");
    const Ran ran = scene.leat({"check", "bridge.json"});
    CHECK(ran.code == 2);
    CHECK_MESSAGE(has(ran.err, "bridge.json:2: /plugin_path: warning: there is no folder "), ran.err);
    CHECK(has(ran.err, "bridge.json:3: /backends/plant/url: "));
    CHECK(has(ran.err, "a port from 1 to 65535"));
    CHECK(has(ran.err, "bridge.json:4: /backends/other"));
    CHECK(has(ran.err, "bridge.json:7: /routes/a/from/topics"));
    CHECK(has(ran.err, "program: jq: error: syntax error"));
    CHECK(has(ran.err, "4 errors, 1 warning in bridge.json"));
}

TEST_CASE("the first configuration of the README and of the guide is right") {
    for (const char* page : {"README.md", "docs/first_bridge.md"}) {
        CAPTURE(page);
        const CliScene scene;
        const std::string text = read_file(source_file(page));
        const std::string fence = "```json\n";
        const size_t begin = text.find(fence) + fence.size();
        REQUIRE(begin > fence.size());
        scene.folder.write("bridge.json", text.substr(begin, text.find("```", begin) - begin));
        CHECK(scene.leat({"check", "bridge.json"}).out == "bridge.json is fine: 2 backends, 1 route\n");
        const Ran ran =
            scene.leat({"try", "bridge.json", "telemetry", "--topic", "sensors/d7/temp", "--payload", "21.5"});
        CHECK(ran.code == 0);
        CHECK(has(ran.out, "to central: lands\n  topic         telemetry\n  key           d7\n"));
    }
}

TEST_CASE("check --print gives JSON alone, with defaults and without secrets") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "backends": { "plant": { "plugin": "mqtt", "url": "mqtt://localhost", "user": "u", "password": "geheim" },
                "out": { "plugin": "console" } },
  "routes": { "a": { "from": { "backend": "plant", "topics": ["t"] }, "to": { "backend": "out" } } }
})");
    const Ran ran = scene.leat({"check", "bridge.json", "--print"});
    REQUIRE(ran.code == 0);
    CHECK_FALSE(has(ran.out + ran.err, "geheim"));
    CHECK(json::parse(ran.out)["routes"]["a"]["ack"] == "on_delivery");
}

TEST_CASE("a run until idle ends with 0, and its ledger balances") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    const Ran ran = scene.leat({"run", "bridge.json", "--only", "few", "--until-idle", "2s", "--status-json", "st"});
    CHECK(ran.code == 0);
    CHECK(ran.out == "few: received 300 = landed 300; balances\n");
    const json last = json_lines(read_file(scene.folder / "st")).back();
    CHECK(last["phase"] == "ended");
    CHECK(last["routes"].size() == 1);
    CHECK(last["routes"][0]["ledger"]["landed"] == 300);
    CHECK(last["routes"][0]["ledger"]["balances"] == true);
}

TEST_CASE("SIGTERM drains; SIGHUP without a terminal changes nothing") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    Process process = scene.start({"run", "bridge.json", "--status-json", "st", "--status-interval", "100ms"});
    REQUIRE(eventually([&] {
        const auto lines = json_lines(read_file(scene.folder / "st"));
        return !lines.empty() && lines.back()["routes"][0]["ledger"]["received"] == 300;
    }));
    process.signal(SIGHUP);
    REQUIRE(scene.logs("SIGHUP"));
    process.signal(SIGTERM);
    const Ran ran = scene.ran(std::move(process));
    CHECK(ran.code == 0);
    CHECK(has(ran.err, "SIGTERM: drains"));
    CHECK(has(ran.out, "few: received 300 = landed 300; balances\n"));
    CHECK(has(ran.out, "slow: received "));
}

TEST_CASE("a drain that leaves messages in flight ends with 3") {
    const CliScene scene;
    Process process = scene.stuck("500ms");
    process.signal(SIGTERM);
    const Ran ran = scene.ran(std::move(process));
    CHECK(ran.code == 3);
    CHECK(has(ran.err, "SIGTERM: drains, 500 in flight"));
    CHECK(has(ran.err, "500 messages were unacknowledged"));
}

TEST_CASE("a second signal stops at once with 130") {
    const CliScene scene;
    Process process = scene.stuck("10m");
    process.signal(SIGTERM);
    REQUIRE(scene.logs("SIGTERM: drains"));
    process.signal(SIGINT);
    const Ran ran = scene.ran(std::move(process));
    CHECK(ran.code == 130);
    CHECK(has(ran.err, "a second signal"));
}

TEST_CASE("a route that fails stops itself alone; the run goes on, and ends with 1") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": {
    "bad":  { "from": { "backend": "made" }, "to": { "backend": "out", "headers": { "h": "${header:none}" } } },
    "good": { "from": { "backend": "made", "rate": "100/s" }, "to": { "backend": "out", "format": "null" } }
  }
})");
    Process process = scene.start({"run", "bridge.json", "--status-json", "st", "--status-interval", "100ms"});
    REQUIRE(scene.logs("route bad: failed"));
    const auto landed = [&] {
        for (const json& line : json_lines(read_file(scene.folder / "st"))) {
            if (line["routes"][0]["state"] == "failed" && line["routes"][1]["ledger"]["landed"] > 20) return true;
        }
        return false;
    };
    CHECK(eventually(landed));
    process.signal(SIGTERM);
    const Ran ran = scene.ran(std::move(process));
    CHECK(ran.code == 1);
    CHECK(has(ran.out, "balances; failed: "));

    const Ran alone = scene.leat({"run", "bridge.json", "--only", "bad"});
    CHECK(alone.code == 1);
    CHECK(has(alone.err, "no route is left that runs"));
}

TEST_CASE("JSON logs are JSON, line by line, and so is the last word") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    const Ran ran = scene.leat({"run", "bridge.json", "--only", "few", "--until-idle", "2s", "--log-format", "json"});
    CHECK(ran.code == 0);
    for (const json& line : json_lines(ran.err)) {
        CHECK(line.contains("time"));
        CHECK(line.contains("level"));
        CHECK(line.contains("component"));
        CHECK(line.contains("text"));
    }
    CHECK(json::parse(ran.out)["routes"][0]["ledger"]["received"] == 300);
}

TEST_CASE("the configuration's log settings hold unless the command line says otherwise") {
    const CliScene scene;
    std::string config = kTwoRoutes;
    config.insert(1, R"("log": { "format": "json", "level": "error" },)");
    scene.folder.write("bridge.json", config);
    const std::vector<std::string> words = {"run", "bridge.json", "--only", "few", "--until-idle", "2s"};
    CHECK(scene.leat(words).err.empty());
    auto louder = words;
    louder.insert(louder.end(), {"--log-level", "info"});
    CHECK_FALSE(json_lines(scene.leat(louder).err).empty());
}

TEST_CASE("on a terminal there is a table that fits it") {
    const CliScene scene;
    scene.folder.write("bridge.json", kTwoRoutes);
    Process process(
        {"script", "-qefc", "stty cols 50 rows 10; exec '" + host() + "' run bridge.json --only few --until-idle 3s",
         "/dev/null"},
        {.output = scene.folder / "screen",
         .environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}},
         .folder = scene.folder.path().string()});
    REQUIRE(process.wait(30s) == 0);
    const std::string screen = read_file(scene.folder / "screen");
    CHECK(has(screen, "ROUTE  STATE"));
    CHECK(has(screen, "few    running"));
    CHECK(has(screen, "  received 300 = landed 300"));
    CHECK_FALSE(has(screen, "P50"));  // no room in 50 columns
    CHECK(has(screen, "\x1b[4F"));    // drawn over itself: title, header, route, ledger
    CHECK(has(screen, "few: received 300 = landed 300; balances"));
}

TEST_CASE("try shows what the sink would get, and refuses with 1") {
    const CliScene scene;
    scene.folder.write("bridge.json", R"({
  "backends": { "made": { "plugin": "generate" }, "out": { "plugin": "console" } },
  "routes": { "a": { "from": { "backend": "made" },
                     "to": { "backend": "out", "headers": { "device": "${topic[1]}", "kind": "${header:kind}" } } } }
})");
    const Ran ran =
        scene.leat({"try", "bridge.json", "a", "--topic", "x.d7.y", "--payload", "21.5", "--header", "kind=temp"});
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "to out: lands\n"));
    CHECK(has(ran.out, "device = d7"));
    CHECK(has(ran.out, "21.5"));
    const Ran as_json =
        scene.leat({"try", "bridge.json", "a", "--topic", "x.d7.y", "--header", "kind=temp", "--json"});
    CHECK(json::parse(as_json.out)[0]["payload"].is_null());
    CHECK(scene.leat({"try", "bridge.json", "a", "--topic", "x.d7.y"}).code == 1);
    CHECK(scene.leat({"try", "bridge.json", "b"}).code == 2);
}

TEST_CASE("plugins, describe and schema tell what there is") {
    const CliScene scene;
    const Ran plugins = scene.leat({"plugins"});
    CHECK(has(plugins.out, "generate"));
    CHECK(has(plugins.out, "leat_console.so"));
    CHECK(has(scene.leat({"describe", "generate"}).out, "rate"));
    const Ran unknown = scene.leat({"describe", "consol"});
    CHECK(unknown.code == 2);
    CHECK(has(unknown.err, "did you mean \"console\""));
    CHECK(json::parse(scene.leat({"schema"}).out).contains("properties"));
}

TEST_CASE("a library that is none is refused with its path, not with a crash") {
    const CliScene scene;
    scene.folder.write("leat_broken.so", "this is no library");
    const Ran ran = scene.leat({"plugins", "--plugin-dir", scene.folder.path().string()});
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "leat_broken.so"));
    CHECK(has(ran.out, "generate"));
}

TEST_CASE("the check of includes finds what breaks a rule") {
    const CliScene scene;
    std::filesystem::create_directories(scene.folder.path() / "plugins/a");
    std::filesystem::create_directories(scene.folder.path() / "core/config");
    scene.folder.write("core/config/own.hpp", "#include \"config/other.hpp\"\n#include <leat/plugin.h>\n");
    CHECK(run({source_file("scripts/check_includes.sh"), scene.folder.path().string()}, scene.folder / "out") == 0);
    scene.folder.write("core/config/own.hpp", "#include \"loader/library.hpp\"\n");
    scene.folder.write("plugins/a/a.cpp", "\n#include \"config/own.hpp\"\n");
    CHECK(run({source_file("scripts/check_includes.sh"), scene.folder.path().string()}, scene.folder / "out") == 1);
    CHECK(has(scene.out(), "core/config/own.hpp:1: may not include loader/library.hpp"));
    CHECK(has(scene.out(), "plugins/a/a.cpp:2: may not include config/own.hpp"));
}
