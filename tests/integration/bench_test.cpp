// `leat bench` as people and scripts meet it: the real program, no broker.
#include "support/folder.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace leat::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct Ran {
    int code = -1;
    std::string out, err;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Scene {
    Folder folder;

    // No broker is looked for: whatever listens on this machine is not the test's.
    Ran bench(std::vector<std::string> words) const {
        std::vector<std::string> all = {"sh", "-c", "exec \"$@\" >out 2>err", "sh", host(), "bench"};
        for (const char* broker : {"--kafka", "--mqtt", "--rabbitmq"}) words.insert(words.end(), {broker, "none"});
        all.insert(all.end(), words.begin(), words.end());
        Process process(all, {.output = {}, .folder = folder.path().string()});
        const auto code = process.wait(600s);
        return {code.value_or(-1), read_file(folder / "out"), read_file(folder / "err")};
    }
};

const json& result(const json& report, const std::string& id) {
    for (const json& each : report.at("results")) {
        if (each.at("id") == id) return each;
    }
    FAIL("no result " << id);
    return report;
}

}  // namespace

TEST_CASE("bench measures start-up without a broker, and its JSON is a baseline for the next") {
    const Scene scene;
    const Ran first = scene.bench({"startup", "--quick", "--json", "first.json"});
    CAPTURE(first.err);
    REQUIRE(first.code == 0);
    CHECK(has(first.out, "startup"));
    const json report = json::parse(read_file(scene.folder / "first.json"));
    CHECK(report.at("format") == 1);
    CHECK_FALSE(report.at("machine").at("processor").get<std::string>().empty());
    const json& start = result(report, "startup/process");
    CHECK(start.at("rounds").size() == 2);
    CHECK(start.at("median").get<double>() > 0);
    CHECK(start.at("ceiling").at("median").get<double>() > 0);

    const Ran next = scene.bench(
        {"startup", "--quick", "--baseline", "first.json", "--with", "first.json", "--html", "page.html"});
    CAPTURE(next.err);
    CHECK(next.code == 0);
    CHECK(has(read_file(scene.folder / "page.html"), "Beside first.json"));
}

TEST_CASE("bench moves messages from shard to shard and misses none") {
    const Scene scene;
    const Ran ran =
        scene.bench({"consume/memory/count/1000", "ack/batched", "--rounds", "1", "--quick", "--json", "r.json"});
    CAPTURE(ran.err);
    CHECK(ran.code == 0);
    const json report = json::parse(read_file(scene.folder / "r.json"));
    REQUIRE(report.at("results").size() == 2);
    for (const json& each : report.at("results")) {
        CHECK(each.at("audit").at("missing") == 0);
        CHECK(each.at("audit").at("out_of_order") == 0);
        CHECK(each.at("median").get<double>() > 0);
    }
}

TEST_CASE("bench tells no rate of a run that lost messages, and its exit code says so") {
    const Scene scene;
    const Ran ran = scene.bench({"consume/memory/count/10000", "features/headers", "routes/memory/stages/0",
                                 "--quick", "--lose", "0.01", "--json", "lost.json", "--html", "lost.html"});
    CAPTURE(ran.err);
    CHECK(ran.code == 1);
    CHECK(has(ran.out, "missing, 0 out of order: no rate"));
    const json report = json::parse(read_file(scene.folder / "lost.json"));
    REQUIRE(report.at("results").size() == 3);
    for (const json& each : report.at("results")) {
        CAPTURE(each.dump());
        CHECK(each.at("audit").at("missing").get<uint64_t>() > 0);
        for (const char* figure : {"median", "rounds", "ratio", "cpu_us"}) CHECK_FALSE(each.contains(figure));
    }
    const std::string page = read_file(scene.folder / "lost.html");
    CHECK(has(page, "missing, 0 out of order: no rate"));
    CHECK(has(page, "3 failed"));
}

TEST_CASE("bench begins nothing more when its time is over, and says what it left out") {
    const Ran ran = Scene().bench({"startup", "--quick", "--at-most", "0"});
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "left out for want of time: 2 of 2, from startup/process on"));
}

TEST_CASE("bench says in words what is wrong with its command line and its files, and measures nothing") {
    const Scene scene;
    const auto complaint = [&scene](const std::vector<std::string>& words) {
        const Ran ran = scene.bench(words);
        CHECK(ran.code == 2);
        CHECK(ran.out.empty());
        return ran.err;
    };
    scene.folder.write("bad.json", "{\n  \"format\": 1,\n  \"results\": [ { \"id\": 7 } ]\n}\n");
    scene.folder.write("cut.json", "{\n  \"format\": 1,\n");
    CHECK(has(complaint({"startup", "--with", "bad.json"}), "bad.json: /results/0/id: expected text"));
    CHECK(has(complaint({"startup", "--baseline", "cut.json"}), "cut.json:3: is no JSON"));
    CHECK(has(complaint({"startup", "--baseline", "none.json"}), "none.json: cannot be read"));
    CHECK(has(complaint({"startup", "--json", "none/new.json"}), "cannot write none/new.json: No such file"));
    CHECK(has(complaint({"startup", "--html", "."}), "cannot write .: Is a directory"));
    CHECK(has(complaint({"startup", "--ceilings", "none"}), "--ceilings: there is no folder none"));
    CHECK(has(complaint({"start"}), "there is no category \"start\""));
    CHECK(has(complaint({"--rounds", "0"}), "--rounds 0"));
    CHECK(has(complaint({"--nonsense"}), "--nonsense"));
}

TEST_CASE("bench lists what it would measure") {
    const Ran ran = Scene().bench({"--list", "publish"});
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "publish/memory/payload/256"));
    CHECK_FALSE(has(ran.out, "consume/"));
    CHECK_FALSE(has(ran.out, "kafka"));
}
