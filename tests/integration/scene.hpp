// What the integration tests share: the host as a program with a configuration, and the programs that judge it.
//
//   Scene scene;
//   scene.configure(mqtt_to_kafka(mqtt, kafka, {}));
//   scene.start_host();
//   auto publisher = scene.start_tool("mqtt_publish", {"--count", "1000", "--record", scene.file("published")});
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "support/auditor.hpp"
#include "support/folder.hpp"
#include "support/kafka.hpp"
#include "support/mosquitto.hpp"
#include "support/process.hpp"

namespace leat::test {

/** The parts of a route that a test may change. */
struct RouteText {
    std::string through = "";  ///< `"through": [...],`
    std::string from = "";     ///< More members of `from`, each with a comma before it.
    std::string backend = "";  ///< Likewise of the mqtt backend.
    std::string rest = "";     ///< More members of the route, each with a comma before it.
    int qos = 1;               ///< Of the MQTT end.
};

inline constexpr int kPartitions = 4;

/** Configurations with one route: filter in/# -> topic "landed", key = last level; and topic "commands" -> out/KEY.
 */
std::string mqtt_to_kafka(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text = {});
std::string kafka_to_mqtt(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text = {});
/** Topic -> topic, in the group FROM; the key goes along. */
std::string kafka_to_kafka(const Kafka& kafka, const std::string& from, const std::string& to,
                           const RouteText& text = {});

/** Follows a file of records that another program writes. */
class Progress {
  public:
    explicit Progress(const std::string& path) : in_(path, std::ios::binary), path_(path) {}
    /** Distinct ids recorded so far. */
    std::uint64_t distinct();

  private:
    std::ifstream in_;
    std::string path_;
    std::vector<char> seen_;
    std::uint64_t distinct_ = 0;
};

/** What a test's own programs publish and read back. */
struct Traffic {
    std::uint64_t count;
    std::string topic = "landed";  ///< Of Kafka; in MQTT in/# is published and out/# read.
    int idle_s = 60;               ///< A reader ends when nothing has come for so long.
    int lanes = 16;
    bool has_headers = true;
    int qos = 1;  ///< Of what a publisher sends to MQTT.
};

/** How far a run was when the test interfered. */
struct Moment {
    std::uint64_t acknowledged = 0;  ///< To the publisher.
    std::uint64_t landed = 0;
};

/** One run: a folder, one host, and what it is judged by. */
class Scene {
  public:
    Scene() = default;
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    void configure(const std::string& configuration) { config_ = folder_.write("bridge.json", configuration); }
    /** Starts the host, again after a kill; its log goes on in the same file. */
    void start_host();
    Process& host() { return host_; }
    std::string host_log() const { return read_file(folder_ / "host.log"); }

    std::string file(const std::string& name) const { return folder_ / name; }
    /** What the programs of a test have written so far into the files `published` and `landed`. */
    Progress& published() { return published_; }
    Progress& landed() { return landed_; }
    /** Waits until so many have landed while some that were acknowledged to the publisher have not, or everything
     * has that is not held back. Throws std::runtime_error, with the host's log, when that does not come. */
    Moment wait_until_landed(std::uint64_t threshold);
    /** The publishers started from now on publish this many, and the rest after release(): until then there is
     * something to come, however fast the route is. */
    void hold_back_after(std::uint64_t first_part) { first_part_ = first_part; }
    void release() const { folder_.write("released", ""); }
    /** Kills the host as the ids that have landed pass 1/(2 * times + 1), 2/(2 * times + 1) ... of all, starts it
     * again, and at the end releases what was held back. `kill` does it where more belongs to it. */
    void kill_on_the_way(std::uint64_t messages, std::uint64_t times,
                         const std::function<void(const Moment&)>& kill = {});
    /** Waits until the host has subscribed to in/#. Throws std::runtime_error, with its log, when it does not. */
    void wait_until_subscribed(const Mosquitto& mqtt) const;
    /** The programs that publish and read back; they write `published` and `landed`. */
    Process publish(const Mosquitto& mqtt, const Traffic& traffic) const;
    Process publish(const Kafka& kafka, const Traffic& traffic) const;
    Process collect(const Mosquitto& mqtt, const Traffic& traffic) const;
    Process collect(const Kafka& kafka, const Traffic& traffic) const;
    /** Starts a program of tests/tools; its output is in the file NAME.log. */
    Process start_tool(const std::string& name, std::vector<std::string> words) const;
    /** Likewise one that publishes: it keeps back what is to be held back. */
    Process start_publisher(const std::string& name, std::vector<std::string> words) const;
    /** Compares two files of records, prints the verdict and returns it. */
    Verdict judge(const std::string& title, const std::string& published, const std::string& landed) const;

  private:
    Folder folder_;
    Progress published_{file("published")};
    Progress landed_{file("landed")};
    std::string config_;
    std::uint64_t first_part_ = ~0ULL;
    Process host_;
};

/** Prints a line that scripts/test.sh collects: `figure: ...`. */
void note(const std::string& line);

}  // namespace leat::test
