#include "bench/options.hpp"

#include <filesystem>

namespace leat::bench {
namespace {

namespace po = boost::program_options;
using app::CommandLine;

Effort effort_of(const CommandLine& line) {
    const bool is_quick = line.has("quick");
    Effort effort;
    effort.rounds = line.number<int>("rounds", 1, 1000, " from 1 to 1000").value_or(is_quick ? 2 : 5);
    effort.scale = is_quick ? 0.2 : 1;
    effort.rate = line.number<double>("rate", 1, 1e6, " from 1 to 1000000").value_or(0);
    return effort;
}

// One that is named has to answer; at its usual port it may.
std::vector<Broker> brokers_of(const CommandLine& line) {
    struct Usual {
        BrokerKind kind;
        const char* option;
        uint16_t port;
    };
    std::vector<Broker> all;
    for (const Usual& usual : {Usual{BrokerKind::kafka, "kafka", 9092}, Usual{BrokerKind::mqtt, "mqtt", 1883},
                               Usual{BrokerKind::rabbitmq, "rabbitmq", 5672}}) {
        Broker broker{usual.kind, "127.0.0.1", usual.port};
        if (!line.has(usual.option)) {
            if (answers(broker)) all.push_back(broker);
            continue;
        }
        const std::string address = line.text(usual.option);
        if (address == "none") continue;
        const auto given = parse_broker(usual.kind, address);
        if (!given) {
            throw line.wrong(std::string("--") + usual.option + " is host:port or none, not \"" + address + "\"");
        }
        if (!answers(*given)) throw line.wrong(std::string("--") + usual.option + ": nobody answers at " + address);
        all.push_back(*given);
    }
    return all;
}

constexpr const char* kBelow =
    "CATEGORY is publish, consume, ack, routes, plugin_call, concurrency, features, startup or memory, or the\n"
    "beginning of an id that --list shows, such as publish/memory/latency.\n"
    "\n"
    "Memory is always measured. Of the brokers those are that are named, and those that answer at 127.0.0.1 at\n"
    "9092 (Kafka), 1883 (MQTT), 5672 (RabbitMQ); topics, queues and sessions are new and begin with leat-bench-.\n"
    "\n"
    "Latency is measured at a fixed rate, from when a message was due by its schedule: what one delay does to the\n"
    "messages behind it counts. Changes to the --baseline are told where they are larger than the spread of both.\n"
    "\n"
    "Examples:\n"
    "  leat bench --quick\n"
    "  leat bench routes publish/memory --json now.json --baseline before.json --html report.html\n"
    "\n"
    "Exit codes: 0 all was measured, whatever the figures; 1 a measurement failed, lost a message or saw one out of\n"
    "order; 2 the command line or a file that it names is wrong.\n";

void declare(CommandLine& line) {
    line.rest("category");
    line.options()("list", "say what would be measured, and end")("rounds", po::value<std::string>()->value_name("N"),
                                                                  "how often each is measured; 5, with --quick 2")(
        "quick", "a fifth of everything, in two rounds")("rate", po::value<std::string>()->value_name("N"),
                                                         "messages a second where latency is measured")(
        "json", po::value<std::string>()->value_name("FILE"), "write all results to FILE")(
        "html", po::value<std::string>()->value_name("FILE"), "write a page with charts to FILE")(
        "flames", po::value<std::string>()->value_name("FILE"),
        "link the page to one with flame graphs, FILE as seen from the page")(
        "with", po::value<std::vector<std::string>>()->value_name("FILE"),
        "add the results of such a JSON file; in place of one's own with the same id; may be repeated")(
        "baseline", po::value<std::string>()->value_name("FILE"), "compare with an earlier --json")(
        "kafka", po::value<std::string>()->value_name("HOST:PORT"), "a Kafka; none: not even at its usual port")(
        "mqtt", po::value<std::string>()->value_name("HOST:PORT"), "an MQTT broker; or none")(
        "rabbitmq", po::value<std::string>()->value_name("HOST:PORT"), "a RabbitMQ; or none")(
        "at-most", po::value<std::string>()->value_name("S"), "begin nothing more after so many seconds")(
        "lose", po::value<std::string>()->value_name("PART"),
        "drop this part of all messages on their way, 0 to 1, to see that no rate is told then")(
        "ceilings", po::value<std::string>()->value_name("DIR"),
        "where bare loops around the brokers' clients are, bare_kafka_publish and the like");
    line.takes_plugin_dirs();
    line.below(kBelow);
}

}  // namespace

std::optional<Options> read_options(const app::Words& words) {
    CommandLine line(
        "bench", "[CATEGORY...]",
        "Measures what Leat costs on this machine. Each figure comes from routes that a host runs in a\n"
        "process of its own, several times, and stands beside its ceiling: the same work without a router,\n"
        "measured in turns with it.");
    declare(line);
    if (!line.parse(words)) return std::nullopt;
    Options options;
    options.wanted = line.texts("category");
    options.only_lists = line.has("list");
    options.effort = effort_of(line);
    options.brokers = brokers_of(line);
    options.json = line.text("json");
    options.html = line.text("html");
    options.baseline = line.text("baseline");
    options.ceilings = line.text("ceilings");
    if (!options.ceilings.empty() && !std::filesystem::is_directory(options.ceilings)) {
        throw line.wrong("--ceilings: there is no folder " + options.ceilings);
    }
    options.flames = line.text("flames");
    options.with = line.texts("with");
    options.lost = line.number<double>("lose", 0, 1, " from 0 to 1").value_or(0);
    options.at_most = line.number<double>("at-most", 0, 1e6, " from 0 to 1000000");
    options.plugin_dirs = line.texts("plugin-dir");
    return options;
}

}  // namespace leat::bench
