// The judges judged: what publishes and collects must itself lose nothing when a broker restarts.
#include <doctest/doctest.h>

#include "support/auditor.hpp"
#include "support/eventually.hpp"
#include "support/folder.hpp"
#include "support/mosquitto.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/record.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

TEST_CASE("publisher and collector lose nothing over a restart of Mosquitto") {
    for (const std::string version : {"4", "5"}) {
        CAPTURE(version);
        Mosquitto broker({.persistence = true});
        const Folder folder;
        const std::string port = std::to_string(broker.port());
        const std::string headers = version == "5" ? "1" : "0";
        Process collector({tool("mqtt_collect"), "--port", port, "--topic", "in/#", "--expect", "60000", "--version",
                           version, "--headers", headers, "--key", "1", "--record", folder / "landed"},
                          {.output = folder / "collect.log"});
        REQUIRE(collector.says("subscribed"));
        Process publisher({tool("mqtt_publish"), "--port", port, "--count", "60000", "--version", version, "--record",
                           folder / "published"},
                          {.output = folder / "publish.log"});
        REQUIRE(eventually([&] { return count_records(folder / "landed") > 10'000; }));
        broker.restart();
        CHECK(publisher.wait(1min) == 0);
        CHECK(collector.wait(1min) == 0);
        const Verdict verdict = audit(read_records(folder / "published"), read_records(folder / "landed"));
        CHECK(verdict.published == 60'000);
        CHECK(verdict.clean());
        MESSAGE(verdict);
    }
}
