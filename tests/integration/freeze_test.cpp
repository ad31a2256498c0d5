// Kafka stands still while MQTT goes on: the source stops reading its socket, keeps its connection, and loses
// nothing. LEAT_FREEZE_MESSAGES in the environment changes the number of messages of 1,000 bytes, 100,000.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "integration/scene.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/record.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kKeepAlive = 5s;

std::uint64_t messages() { return static_cast<std::uint64_t>(setting("LEAT_FREEZE_MESSAGES", 100'000)); }

/** The inodes of a process's sockets, as `socket:[123]` links show them. */
bool owns_socket(pid_t pid, const std::string& inode) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
        if (std::filesystem::read_symlink(entry.path(), gone).string() == "socket:[" + inode + "]") return true;
    }
    return false;
}

/** Bytes that wait to be read from the connection that `pid` has with 127.0.0.1:`port`; -1 when there is none. */
long unread_bytes(pid_t pid, std::uint16_t port) {
    std::ifstream in("/proc/net/tcp");
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
        fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
        if (std::stoul(remote.substr(remote.find(':') + 1), nullptr, 16) != port || state != "01") continue;
        if (owns_socket(pid, inode)) return std::stol(queues.substr(queues.find(':') + 1), nullptr, 16);
    }
    return -1;
}

void freeze_kafka(const std::string& version) {
    Mosquitto mqtt;
    Kafka kafka;
    kafka.create_topic("landed", kPartitions);
    Scene scene;
    scene.configure(mqtt_to_kafka(mqtt, kafka, {.backend = R"(, "keep_alive": "5s", "version": ")" + version + '"'}));
    scene.start_host();
    scene.wait_until_subscribed(mqtt);
    const std::string published = scene.file("published");
    const bool has_headers = version == "5";
    const auto publish = [&](std::uint64_t first, std::uint64_t count) {
        return scene.start_tool("mqtt_publish", {"--port", std::to_string(mqtt.port()), "--size", "1000", "--first",
                                                 std::to_string(first), "--count", std::to_string(count), "--version",
                                                 has_headers ? "5" : "4", "--record", published});
    };
    REQUIRE(publish(1, 1000).wait(1min) == 0);  // the way is open before it is blocked
    Process collector = scene.start_tool(
        "kafka_collect", {"--brokers", kafka.brokers(), "--topic", "landed", "--size", "1000", "--expect",
                          std::to_string(messages() + 1000), "--idle", "60", "--key", "1", "--headers",
                          has_headers ? "1" : "0", "--record", scene.file("landed")});
    REQUIRE_MESSAGE(eventually([&] { return count_records(scene.file("landed")) == 1000; }), scene.host_log());
    const auto rss_before = scene.host().rss_bytes();

    kafka.process().freeze();
    const auto frozen_at = std::chrono::steady_clock::now();
    Process publisher = publish(1001, messages());
    CHECK(publisher.wait(2min) == 0);
    // Reading has stopped: the kernel holds what arrived, and nobody takes it.
    long unread = 0;
    CHECK_MESSAGE(eventually(
                      [&] {
                          unread = unread_bytes(scene.host().pid(), mqtt.port());
                          std::this_thread::sleep_for(300ms);
                          return unread > 0 && unread_bytes(scene.host().pid(), mqtt.port()) == unread;
                      },
                      20s),
                  "unread " << unread);
    std::this_thread::sleep_until(frozen_at + 3 * kKeepAlive + 1s);
    const auto rss_frozen = scene.host().rss_bytes();
    const long unread_at_end = unread_bytes(scene.host().pid(), mqtt.port());
    const auto frozen_for = std::chrono::duration<double>(std::chrono::steady_clock::now() - frozen_at).count();
    kafka.process().thaw();

    CHECK(collector.wait(3min) == 0);
    const std::string title = "Kafka frozen, MQTT " + version;
    const Verdict verdict = scene.judge(title, published, scene.file("landed"));
    CHECK(verdict.published == messages() + 1000);
    CHECK(verdict.lost == 0);
    CHECK(verdict.corrupt == 0);
    CHECK(verdict.disordered == 0);
    CHECK_MESSAGE(mqtt.logged("New client connected", "gateway.bridge.source.0") == 1, mqtt.log());
    CHECK(mqtt.logged("gateway.bridge.source.0", "disconnect") == 0);
    CHECK(mqtt.logged("gateway.bridge.source.0", "timeout") == 0);
    CHECK(unread_at_end > 0);
    CHECK(scene.host().peak_rss_bytes() < 400'000'000);
    std::ostringstream line;
    line << title << " for " << frozen_for << " s: unread in the socket " << unread_at_end
         << " bytes, resident before " << rss_before / 1'000'000 << " MB, frozen " << rss_frozen / 1'000'000
         << " MB, peak " << scene.host().peak_rss_bytes() / 1'000'000 << " MB";
    note(line.str());
    if (!verdict.clean()) MESSAGE(scene.host_log());
}

}  // namespace

TEST_CASE(
    "MQTT 5: with Kafka frozen for three keep-alives the source stops reading, stays connected and loses nothing") {
    freeze_kafka("5");
}

TEST_CASE(
    "MQTT 3.1.1: with Kafka frozen for three keep-alives the source stops reading, stays connected and loses "
    "nothing") {
    freeze_kafka("3.1.1");
}
