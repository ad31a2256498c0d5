// Connections to a real Mosquitto: TLS, passwords, brokers that are away or grant little; and the probe.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/engine_rig.hpp"
#include "probe.hpp"
#include "support/certificates.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

TEST_CASE("a wrong password is a state with its reason, and the right one connects without a restart") {
    Mosquitto broker({.users = {{"leat", "right"}}});
    Rig rig(broker.port());
    std::string password = "wrong";
    rig.settings.connect.user = "leat";
    rig.settings.credentials = [&password](Connect& c, leat::TlsFiles&, std::string&) {
        c.password = password;
        return true;
    };
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("source").find("not authorized") != std::string::npos);
    CHECK(rig.host.logged("not authorized") == 0);  // the route logs what it is told
    password = "right";
    REQUIRE(rig.source_is_up());
}

TEST_CASE("TLS: with a client certificate, and refused for an unknown authority") {
    const Certificates certificates;
    Mosquitto broker({.tls = &certificates, .client_certificates = true, .extra = kUnlimited});
    Rig rig(broker.tls_port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.settings.host = "localhost";
    rig.settings.uses_tls = true;
    SUBCASE("good") {
        rig.settings.tls = {certificates.ca(), certificates.client(), certificates.client_key(), "", true};
        rig.subscribe_and_publish();
        rig.publish("t/a", numbered(1, 20'000));
        REQUIRE(rig.all_landed());
        REQUIRE(rig.host.run_until([&] { return rig.inlet.count >= 20'000; }));
        CHECK(rig.inlet.payloads() == numbered(1, 20'000));
    }
    SUBCASE("unknown authority") {
        rig.settings.tls = {"", certificates.client(), certificates.client_key(), "", true};
        rig.start_source();
        REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
        CHECK(rig.host.last_reason("source").find("certificate is refused") != std::string::npos);
    }
    SUBCASE("no client certificate") {
        rig.settings.tls = {certificates.ca(), "", "", "", true};
        rig.start_source();
        REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    }
}

TEST_CASE("a broker that is away is a state with the next attempt; a name that does not exist is named") {
    Rig rig(1);  // nobody listens there
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("source") == "127.0.0.1:1: Connection refused");
    rig.stop_source();
    rig.host.run_for(10ms);
    rig.settings.host = "no-such-host.invalid";
    rig.start_sink();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("sink").find("no-such-host.invalid:1: cannot resolve") == 0);
}

TEST_CASE("a broker that grants QoS 0 only is a state with what to do, and nothing is sent") {
    Mosquitto broker({.extra = "max_qos 0\n"});
    Rig rig(broker.port());
    rig.start_sink();
    rig.publish("t/a", {"x"});
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("sink") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("sink").find(": the broker takes QoS 0 only: set qos to 0") != std::string::npos);
    CHECK(rig.pending == 1);
}

TEST_CASE("probe says what is granted and what is not") {
    Folder folder;
    const std::string rights = folder.write("acl", "topic read t/#\n");
    Mosquitto broker({.extra = "acl_file " + rights + "\n"});
    ScriptedHost host;
    const std::string url = broker.url();
    struct Asked : leat_check {
        std::vector<std::string> findings;
    } asked{};
    asked.size = sizeof(leat_check);
    asked.report = [](const leat_check* self, std::uint32_t severity, const char* path, leat_bytes text) {
        const_cast<Asked*>(static_cast<const Asked*>(self))
            ->findings.push_back(std::to_string(severity) + " " + path + ": " + std::string(leat::view(text)));
    };
    std::vector<leat_value> options;
    for (auto o = leat::option_table<BrokerOptions>().list(); *o != nullptr; ++o) {
        leat_value& v = options.emplace_back();
        v = {};
        if (std::string((*o)->name) == "url") v = {LEAT_URL, 0, {}, leat::bytes(url)};
    }
    leat_value filters[2] = {{LEAT_STRING, 0, {}, leat::bytes("t/#")}, {LEAT_STRING, 0, {}, leat::bytes("a/#/b")}};
    std::vector<leat_value> from;
    for (auto o = leat::option_table<SourceOptions>().list(); *o != nullptr; ++o) {
        leat_value& v = from.emplace_back();
        v = {};
        if (std::string((*o)->name) != "topics") continue;
        v.type = LEAT_LIST;
        v.count = 2;
        v.as.items = filters;
    }
    const leat_identity identity = identity_of(LEAT_ROLE_SOURCE);
    const leat_use use{sizeof(leat_use), 0, &identity, from.data(), "/routes/r/from"};
    const leat_use* uses[] = {&use};
    const leat::Setup setup = host.setup("backend", identity_of(LEAT_ROLE_BACKEND));
    leat_configured configured{sizeof(leat_configured), 1,    "plant",          "/backends/plant",
                               options.data(),          uses, setup.services.me};
    const leat_configured* all[] = {&configured};
    asked.backend_count = 1;
    asked.backends = all;
    probe_brokers(*host.host(), asked);
    REQUIRE(asked.findings.size() == 3);
    CHECK(asked.findings[0].find("3 /backends/plant: connected to 127.0.0.1:") == 0);
    CHECK(asked.findings[1] == "3 /routes/r/from/topics/0: 't/#' is granted");
    CHECK(asked.findings[2].find("1 /routes/r/from/topics/1: 'a/#/b' is not granted: ") == 0);
    broker.stop();
    asked.findings.clear();
    probe_brokers(*host.host(), asked);
    REQUIRE(asked.findings.size() == 1);
    CHECK(asked.findings[0].find("Connection refused") != std::string::npos);
}
