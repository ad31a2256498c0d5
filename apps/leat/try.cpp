// `leat try`: messages through a route, and what each sink would get.
#include "commands.hpp"
#include "logging.hpp"
#include "process/command_line.hpp"
#include "process/exit_codes.hpp"
#include "show/findings.hpp"
#include "show/messages.hpp"
#include "show/text.hpp"

#include <fmt/format.h>
#include <leat/host.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace leat::app {
namespace {

namespace po = boost::program_options;

std::string read_file(const CommandLine& line, const std::string& option) {
    const std::string path = line.text(option);
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) throw line.wrong("--" + option + ": " + path + " is a folder");
    std::ifstream file(path == "-" ? "/dev/stdin" : path, std::ios::binary);
    if (!file) throw line.wrong("--" + option + ": cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TryMessage message_of(const CommandLine& line) {
    TryMessage message;
    message.topic = line.text("topic");
    if (line.has("key")) message.key = line.text("key");
    if (line.has("payload") && line.has("payload-file")) throw line.wrong("--payload or --payload-file, not both");
    if (line.has("payload")) message.payload = line.text("payload");
    if (line.has("payload-file")) message.payload = read_file(line, "payload-file");
    for (const std::string& header : line.texts("header")) {
        const size_t equals = header.find('=');
        if (equals == std::string::npos || equals == 0)
            throw line.wrong("--header is name=value, not \"" + header + "\"");
        message.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
    }
    return message;
}

std::vector<TryMessage> messages_of(const CommandLine& line) {
    if (!line.has("messages")) return {message_of(line)};
    for (const char* other : {"topic", "key", "payload", "payload-file", "header"}) {
        if (line.has(other)) throw line.wrong(std::string("--messages or --") + other + ", not both");
    }
    std::string error;
    auto messages = parse_messages(read_file(line, "messages"), error);
    if (!messages) throw line.wrong("--messages: " + line.text("messages") + ", " + error);
    if (messages->empty()) throw line.wrong("--messages: " + line.text("messages") + " holds no message");
    return std::move(*messages);
}

void print_field(const std::string& name, const std::string& value) {
    std::printf("  %s  %s\n", left(printable(name), 12).c_str(), value.c_str());
}

void print(const TryResult& result) {
    std::printf("%s: %s%s\n", printable(result.where).c_str(), result.outcome.c_str(),
                result.reason.empty() ? "" : (": " + printable(result.reason)).c_str());
    if (result.outcome != "lands") return;
    for (const auto& [name, value] : result.options) print_field(name, printable(value));
    const TryMessage& message = result.message;
    const auto is_option = [&result](const char* name) {
        return std::any_of(result.options.begin(), result.options.end(),
                           [name](const auto& o) { return o.first == name; });
    };
    // What a sink's own option decides is shown as that.
    if (!is_option("topic") && !message.topic.empty()) print_field("topic", printable(message.topic));
    if (!is_option("key") && message.key) print_field("key", printable(*message.key));
    for (const auto& [name, value] : message.headers)
        print_field("header", printable(name) + " = " + printable(value));
    print_field("payload", !message.payload           ? "(none)"
                           : message.payload->empty() ? "(empty)"
                                                      : printable(*message.payload));
}

nlohmann::ordered_json to_json(const TryResult& result) {
    nlohmann::ordered_json json = {{"where", result.where}, {"outcome", result.outcome}, {"reason", result.reason}};
    json["options"] = nlohmann::ordered_json::object();
    for (const auto& [name, value] : result.options) json["options"][name] = value;
    add_message(json, result.message);
    return json;
}

void print_json(const std::vector<TryResult>& results) {
    auto json = nlohmann::ordered_json::array();
    for (const TryResult& result : results) json.push_back(to_json(result));
    std::printf("%s\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

bool is_as_meant(const TryResult& result) {
    return result.outcome == "dropped" || (result.outcome == "lands" && !result.where.starts_with("dead letter"));
}

}  // namespace

int try_command(const Words& words) {
    CommandLine line(
        "try", "CONFIG ROUTE",
        "Sends a message, or several, through the stages of a route, as its source would, and shows what each\n"
        "sink would get. No broker is asked, nothing is sent.");
    line.word("config");
    line.word("route");
    line.options()("topic", po::value<std::string>()->value_name("T"), "the topic that it arrives on")(
        "key", po::value<std::string>()->value_name("K"), "its key; without the option it has none")(
        "payload", po::value<std::string>()->value_name("P"), "its payload; without the option it has none")(
        "payload-file", po::value<std::string>()->value_name("FILE"), "the same, from a file; - is stdin")(
        "header", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"), "a header; may be repeated")(
        "messages", po::value<std::string>()->value_name("FILE"),
        "instead: several messages, in order, one line of JSON each, as the console plugin writes them; - is stdin")(
        "json", "print JSON");
    line.takes_plugin_dirs();
    line.below(
        "Example:\n"
        "  leat try bridge.json telemetry --topic p7/hall2/motor/temp --payload '{\"value\": 81.5}'\n"
        "  echo '{\"topic\":\"t\",\"key\":\"k\",\"payload\":\"p\",\"headers\":{\"h\":\"v\"}}' |"
        " leat try bridge.json telemetry --messages -\n"
        "\n"
        "Exit codes: 0 it lands or is filtered; 1 it is refused, or ends as a dead letter; 2 the configuration, the\n"
        "route or the command line is wrong.\n");
    if (!line.parse(words)) return kFine;

    const std::vector<TryMessage> messages = messages_of(line);
    Host host(quiet_host_settings(line.texts("plugin-dir")));
    const std::string file = line.text("config");
    if (const Findings findings = host.load(file); findings.has_errors()) {
        print(findings);
        std::fprintf(stderr, "%s\n", summary(findings, file, "").c_str());
        return kWrong;
    }
    const std::vector<std::string> names = host.route_names();
    if (std::find(names.begin(), names.end(), line.text("route")) == names.end()) {
        throw line.wrong("there is no route \"" + line.text("route") + "\" in " + file + "; it has " +
                         fmt::format("{}", fmt::join(names, ", ")));
    }
    std::string error;
    const std::vector<TryResult> results = host.try_messages(line.text("route"), messages, error);
    if (!error.empty()) {
        std::fprintf(stderr, "leat try: %s\n", error.c_str());
        return kWrong;
    }
    if (line.has("json")) {
        print_json(results);
    } else {
        for (const TryResult& result : results) print(result);
    }
    return std::all_of(results.begin(), results.end(), is_as_meant) ? kFine : kFailed;
}

}  // namespace leat::app
