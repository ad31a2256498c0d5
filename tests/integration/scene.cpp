#include "integration/scene.hpp"

#include <iostream>
#include <sstream>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/record.hpp"

using namespace std::chrono_literals;

namespace leat::test {
namespace {

std::string central(const Kafka& kafka) {
    return R"("central": { "plugin": "kafka", "brokers": ")" + kafka.brokers() + R"(" })";
}

std::string backends(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text) {
    return R"("plant": { "plugin": "mqtt", "client_id": "gateway", "url": ")" + mqtt.url() + '"' + text.backend +
           " }, " + central(kafka);
}

std::string configuration(const std::string& backends_text, const std::string& from, const std::string& to,
                          const RouteText& text) {
    return "{ \"backends\": { " + backends_text + " },\n  \"routes\": { \"bridge\": {\n    \"from\": { " + from +
           text.from + " },\n    " + text.through + "\n    \"to\": { " + to + " }" + text.rest + " } } }\n";
}

std::vector<std::string> collector_words(std::vector<std::string> words, const Traffic& traffic,
                                         const std::string& record) {
    for (const std::string& word :
         {std::string("--lanes"), std::to_string(traffic.lanes), std::string("--expect"),
          std::to_string(traffic.count), std::string("--idle"), std::to_string(traffic.idle_s), std::string("--key"),
          std::string("1"), std::string("--headers"), std::string(traffic.has_headers ? "1" : "0"),
          std::string("--record"), record}) {
        words.push_back(word);
    }
    return words;
}

}  // namespace

std::string mqtt_to_kafka(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text) {
    return configuration(backends(mqtt, kafka, text),
                         R"("backend": "plant", "topics": ["in/#"], "qos": )" + std::to_string(text.qos),
                         R"("backend": "central", "topic": "landed", "key": "${topic[1]}")", text);
}

std::string kafka_to_mqtt(const Mosquitto& mqtt, const Kafka& kafka, const RouteText& text) {
    return configuration(backends(mqtt, kafka, text),
                         R"("backend": "central", "topics": ["commands"], "group": "gateway")",
                         R"("backend": "plant", "topic": "out/${key}", "qos": )" + std::to_string(text.qos), text);
}

std::string kafka_to_kafka(const Kafka& kafka, const std::string& from, const std::string& to,
                           const RouteText& text) {
    return configuration(central(kafka),
                         R"("backend": "central", "topics": [")" + from + R"("], "group": ")" + from + '"',
                         R"("backend": "central", "topic": ")" + to + R"(", "key": "${key}")", text);
}

std::uint64_t Progress::distinct() {
    if (!in_.is_open()) in_.open(path_, std::ios::binary);
    in_.clear();
    for (Record record; in_.read(reinterpret_cast<char*>(&record), sizeof record);) {
        if (record.faults != kNoFault) continue;
        if (record.id >= seen_.size()) seen_.resize(record.id * 2 + 1024);
        distinct_ += seen_[record.id] == 0;
        seen_[record.id] = 1;
    }
    if (const auto torn = in_.gcount(); torn > 0) {
        in_.clear();
        in_.seekg(-torn, std::ios::cur);
    }
    return distinct_;
}

void Scene::start_host() {
    host_ = Process({leat::test::host(), "run", config_, "--plugin-dir", plugin_folder()},
                    {.output = folder_ / "host.log"});
}

Moment Scene::wait_until_landed(std::uint64_t threshold) {
    Moment now;
    const auto is_time = [&] {
        now.landed = landed_.distinct();
        now.acknowledged = published_.distinct();
        return now.landed >= threshold && (now.acknowledged > now.landed || now.landed >= first_part_);
    };
    if (eventually(is_time, 3min, 1ms)) return now;
    throw std::runtime_error("only " + std::to_string(now.landed) + " landed, of " +
                             std::to_string(now.acknowledged) + '\n' + host_log());
}

void Scene::kill_on_the_way(std::uint64_t messages, std::uint64_t times,
                            const std::function<void(const Moment&)>& kill) {
    for (std::uint64_t i = 1; i <= times; ++i) {
        const Moment moment = wait_until_landed(messages * i / (2 * times + 1));
        kill ? kill(moment) : host_.kill();
        start_host();
    }
    release();
}

void Scene::wait_until_subscribed(const Mosquitto& mqtt) const {
    if (!eventually([&] { return mqtt.logged(" in/#") > 0; })) {
        throw std::runtime_error("the host does not subscribe\n" + host_log());
    }
}

Process Scene::publish(const Mosquitto& mqtt, const Traffic& traffic) const {
    return start_publisher("mqtt_publish", {"--port", std::to_string(mqtt.port()), "--lanes",
                                            std::to_string(traffic.lanes), "--count", std::to_string(traffic.count),
                                            "--qos", std::to_string(traffic.qos), "--record", file("published")});
}

Process Scene::publish(const Kafka& kafka, const Traffic& traffic) const {
    return start_publisher("kafka_produce", {"--brokers", kafka.brokers(), "--topic", traffic.topic, "--lanes",
                                             std::to_string(traffic.lanes), "--count", std::to_string(traffic.count),
                                             "--record", file("published")});
}

Process Scene::collect(const Mosquitto& mqtt, const Traffic& traffic) const {
    Process collector = start_tool(
        "mqtt_collect",
        collector_words({"--port", std::to_string(mqtt.port()), "--topic", "out/#"}, traffic, file("landed")));
    if (!eventually([&] { return mqtt.logged(" out/#") > 0; })) {
        throw std::runtime_error("the collector does not subscribe");
    }
    return collector;
}

Process Scene::collect(const Kafka& kafka, const Traffic& traffic) const {
    return start_tool("kafka_collect", collector_words({"--brokers", kafka.brokers(), "--topic", traffic.topic},
                                                       traffic, file("landed")));
}

Process Scene::start_tool(const std::string& name, std::vector<std::string> words) const {
    words.insert(words.begin(), tool(name));
    return Process(words, {.output = folder_ / (name + ".log")});
}

Process Scene::start_publisher(const std::string& name, std::vector<std::string> words) const {
    words.insert(words.end(), {"--first-part", std::to_string(first_part_), "--until", folder_ / "released"});
    return start_tool(name, std::move(words));
}

Verdict Scene::judge(const std::string& title, const std::string& published, const std::string& landed) const {
    Verdict verdict = audit(read_records(published), read_records(landed));
    std::ostringstream line;
    line << title << ": " << verdict;
    note(line.str());
    return verdict;
}

void note(const std::string& line) { std::cout << "figure: " << line << std::endl; }

}  // namespace leat::test
