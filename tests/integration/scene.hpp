// What the integration tests share: the host as a program with a configuration, and the programs that judge it.
//
//   Scene scene;
//   scene.configure(mqtt_to_kafka(mqtt, kafka, {}));
//   scene.start_host();
//   auto publisher = scene.start_tool("mqtt_publish", {"--count", "1000", "--record", scene.file("published")});
#pragma once

#include <cstdint>
#include <fstream>
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
};

inline constexpr int kPartitions = 4;

/** Configurations with one route: filter in/# -> topic "landed", key = last level; and topic "commands" -> out/KEY.
 */
std::string mqtt_to_kafka(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text = {});
std::string kafka_to_mqtt(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text = {});

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
    /** Starts a program of tests/tools; its output is in the file NAME.log. */
    Process start_tool(const std::string& name, std::vector<std::string> words) const;
    /** Compares two files of records, prints the verdict and returns it. */
    Verdict judge(const std::string& title, const std::string& published, const std::string& landed) const;

  private:
    Folder folder_;
    std::string config_;
    Process host_;
};

/** Prints a line that scripts/test.sh collects: `figure: ...`. */
void note(const std::string& line);

}  // namespace leat::test
