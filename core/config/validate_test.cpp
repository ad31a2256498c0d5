#include "config/validate.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "config/read.hpp"
#include "config/report.hpp"
#include "config/resolved.hpp"
#include "config/sample_plugins.hpp"
#include "expression/scratch.hpp"

using namespace leat::config;

namespace {

const std::map<std::string, std::string> kVariables{
    {"PORT", "1884"}, {"WORD", "many"}, {"SECRET", "hunter2"}, {"TRAP", "a${topic}b"}, {"HOST", "mq://u:hunter2@h"},
    {"TRUE", "true"}};

std::optional<std::string> look_up(const std::string& name) {
    const auto found = kVariables.find(name);
    return found == kVariables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

struct Checked {
    Report report{"f.json"};
    std::unique_ptr<Model> model;

    explicit Checked(std::string_view text, const std::string& file = "f.json") {
        auto document = parse(text, file, report);
        REQUIRE(document);
        model = read_model(std::move(document), look_up, report);
        validate(*model, sample::plugins(), report);
    }
    bool says(std::string_view part) const { return report.text().find(part) != std::string::npos; }
};

// One route from and to a backend of the sample plugin `mq`, with further members at each place.
Checked with(const std::string& backend, const std::string& from = "", const std::string& to = "",
             const std::string& route = "") {
    const auto more = [](const std::string& text) { return text.empty() ? text : ", " + text; };
    return Checked("{\"backends\": {\"a\": {\"plugin\": \"mq\", \"url\": \"mq://h\"" + more(backend) +
                   "}},\n\"routes\": {\"r\": {\n\"from\": {\"backend\": \"a\", \"topics\": [\"t\"]" + more(from) +
                   "},\n\"to\": {\"backend\": \"a\", \"topic\": \"x/${topic[1]}\"" + more(to) + "}" + more(route) +
                   "}}}");
}

// The value of a backend's option, by name.
const leat_value& value(const Checked& checked, std::string_view name) {
    const Component& component = checked.model->backends.at(0).component;
    REQUIRE(component.options);
    for (size_t i = 0; sample::kBackendOptions[i]; ++i) {
        if (sample::kBackendOptions[i]->name == name) return component.options->values()[i];
    }
    FAIL("no such option");
    return component.options->values()[0];
}

std::string text(const leat_value& value) {
    REQUIRE(value.text.data);
    CHECK(value.text.data[value.text.size] == '\0');
    return {value.text.data, value.text.size};
}

}  // namespace

TEST_CASE("values are converted, and defaults filled in, in the order of the descriptor") {
    const Checked checked = with(
        R"("password": "p", "tls": {"ca": "ca.pem"}, "max_packet_size": 4096, "properties": {"a.b": "c", "n": 5})");
    REQUIRE(checked.report.text() == "");
    CHECK(checked.model->backends[0].component.options->count() == 8);
    CHECK(text(value(checked, "url")) == "mq://h");
    CHECK(text(value(checked, "password")) == "p");
    CHECK(value(checked, "keep_alive").type == LEAT_DURATION);
    CHECK(value(checked, "keep_alive").as.integer == 30'000'000'000);
    CHECK(value(checked, "max_packet_size").as.integer == 4096);
    CHECK(value(checked, "port").as.integer == 1883);
    CHECK(value(checked, "version").as.integer == 0);
    CHECK(text(value(checked, "version")) == "5");
    const leat_value& tls = value(checked, "tls");
    REQUIRE(tls.count == 3);
    CHECK(text(tls.as.items[0]).front() == '/');
    CHECK(text(tls.as.items[0]).substr(text(tls.as.items[0]).rfind('/')) == "/ca.pem");
    CHECK(tls.as.items[1].type == 0);
    CHECK(tls.as.items[2].as.integer == 1);
    const leat_value& properties = value(checked, "properties");
    REQUIRE(properties.count == 2);
    CHECK(text(properties.as.items[0]) == "a.b");
    CHECK(text(properties.as.items[1]) == "c");
    CHECK(text(properties.as.items[3]) == "5");
}

TEST_CASE("what is not given and has no default has type 0") {
    const Checked checked = with("");
    CHECK(value(checked, "password").type == 0);
    CHECK(value(checked, "tls").type == 0);
}

TEST_CASE("in-flight limits come from the route, else from the plugin") {
    CHECK(with("").model->routes[0].from.max_in_flight == 2000);
    CHECK(with("").model->routes[0].from.max_in_flight_bytes == 1 << 20);
    CHECK(with("", "\"max_in_flight\": 5").model->routes[0].from.max_in_flight == 5);
}

TEST_CASE("a filled-in text is converted to the option's type; a text of the file is not") {
    const Checked checked = with(R"("port": "${env:PORT}", "tls": {"verify": "${env:TRUE}"})");
    REQUIRE(checked.report.text() == "");
    CHECK(value(checked, "port").as.integer == 1884);
    CHECK(with(R"("port": "1884")").says("/backends/a/port: expected an integer, found a string"));
    CHECK(with(R"("port": "${env:WORD}")")
              .says("/backends/a/port: expected an integer, found another text in what was filled in"));
    CHECK(with(R"("port": "${env:NOPE}")").report.errors() == 1);
}

TEST_CASE("wrong values say what was expected and what was found") {
    CHECK(with(R"("port": 0)").says("f.json:1: /backends/a/port: expected 1 to 65535, found 0"));
    CHECK(with(R"("port": 1.5)").says("expected an integer, found a number (1.5)"));
    CHECK(with(R"("port": 99999999999999999999)").says("expected an integer, found a number (99999999999999999999)"));
    CHECK(with(R"("port": null)").says("expected an integer, found null"));
    CHECK(with(R"("keep_alive": "2h")").says("expected 1s to 1h, found 2h"));
    CHECK(with(R"("keep_alive": 30)").says("expected a duration such as \"250ms\", found an integer (30)"));
    CHECK(with(R"("max_packet_size": "many")").says("expected a size"));
    CHECK(with(R"("max_packet_size": -1)").says("expected a size"));
    CHECK(with(R"("version": 4)").says("expected one of \"5\", \"3.1.1\", found \"4\""));
    CHECK(with(R"("version": 5)").report.text() == "");
    CHECK(with(R"("tls": true)").says("expected an object: {...}, found a boolean"));
    CHECK(with(R"("tls": {"cq": "x"})")
              .says("/backends/a/tls/cq: unknown option \"cq\" of \"tls\" (did you mean \"ca\"?)"));
    CHECK(with(R"("properties": {"a": []})").says("/backends/a/properties/a: expected a string, found a list"));
    CHECK(with("", "", R"("no_subscriber": "rejct")").says("found \"rejct\" (did you mean \"reject\"?)"));
}

TEST_CASE("unknown options suggest the plugin's and the core's words") {
    CHECK(with(R"("pasword": "x")")
              .says("/backends/a/pasword: unknown option \"pasword\" of mq (did you mean \"password\"?)"));
    CHECK(with("", R"("max_inflight": 5)")
              .says("unknown option \"max_inflight\" of mq as a source (did you mean \"max_in_flight\"?)"));
    CHECK(with("", "", R"("no_subscribers": 5)")
              .says("unknown option \"no_subscribers\" of mq as a sink (did you mean \"no_subscriber\"?)"));
}

TEST_CASE("missing and empty required options are errors at their object") {
    const Checked missing(R"({"backends": {"a": {"plugin": "mq"}},
        "routes": {"r": {"from": {"backend": "a"},
        "to": {"backend": "a", "topic": ""}}}})");
    CHECK(missing.says("f.json:1: /backends/a: \"url\" is missing: Where the broker is."));
    CHECK(missing.says("f.json:2: /routes/r/from: \"topics\" is missing"));
    CHECK(missing.says("f.json:3: /routes/r/to/topic: must not be empty"));
    CHECK(with("", "\"lane\": \"${key}\"").report.text() == "");
}

TEST_CASE("templates and conditions are compiled with the separator of the source") {
    const Checked checked =
        with("", "\"lane\": \"${topic[0]}\"", R"("if": "topic[1] == 'b'", "headers": {"h": "${route}"})");
    REQUIRE(checked.report.text() == "");
    const Branch& branch = checked.model->routes[0].branches[0];
    leat_message message{};
    message.topic = leat::expression::bytes("a/b");
    leat_text scratch{nullptr, 0, 0};
    leat_bytes out{};
    REQUIRE(branch.sink.component.options->values()[0].as.template_->compiled.render(message, scratch, out));
    CHECK(leat::expression::view(out) == "x/b");
    CHECK(branch.condition.compiled->compiled.evaluate(message, scratch, out) == leat::expression::Verdict::yes);
    CHECK(branch.sink.headers[0].value.compiled->compiled.literal() == "r");
    leat::expression::clear(scratch);
}

TEST_CASE("wrong templates and conditions are told at their place") {
    CHECK(with("", "", R"("headers": {"h": "${topci}"})").says("/routes/r/to/headers/h: unknown field \"topci\""));
    CHECK(with("", "", R"("headers": {"h": 5})").says("/routes/r/to/headers/h: expected a string"));
    CHECK(with("", "", R"("if": "topic = 1")").says("/routes/r/to/if: expected == !="));
    CHECK(with("", "", R"("if": "${topic} == 'x'")").says("/routes/r/to/if: a condition names fields without ${}"));
    CHECK(with("", "\"lane\": \"${key\"").says("/routes/r/from/lane: a placeholder has no closing"));
    CHECK(with("\"password\": \"${key}\"").says("/backends/a/password: holds a placeholder"));
}

TEST_CASE("what is filled in never acts as a template") {
    const Checked checked = with("\"password\": \"${env:TRAP}\"", "", "\"headers\": {\"h\": \"${env:TRAP}\"}");
    REQUIRE(checked.report.text() == "");
    CHECK(text(value(checked, "password")) == "a${topic}b");
    CHECK(checked.model->routes[0].branches[0].sink.headers[0].value.compiled->compiled.literal() == "a${topic}b");
}

TEST_CASE("plugins and backends that are not there, or of another kind, are told with suggestions") {
    const Checked checked(
        R"({"backends": {"one": {"plugin": "mqq"}, "two": {"plugin": "above"}, "three": {"plugin": "broken"}, "four": {"plugin": "null"}, "five": {"plugin": "log"}},
        "routes": {
        "r": {"from": {"backend": "oen", "topics": ["t"]}, "to": {"backend": "four"}, "through": [{"plugin": "null"}, {"plugin": "abov"}]},
        "s": {"from": {"backend": "four", "topics": ["t"]}, "to": {"backend": "five"}}}})");
    CHECK(checked.says("/backends/one/plugin: there is no plugin \"mqq\" (did you mean \"mq\"?)"));
    CHECK(checked.says("/backends/two/plugin: \"above\" is a stage; it belongs into \"through\""));
    CHECK(
        checked.says("/backends/three/plugin: there is no plugin \"broken\": leat_broken.so was built for ABI 9.0"));
    CHECK(checked.says("/routes/r/from/backend: there is no backend \"oen\" (did you mean \"one\"?)"));
    CHECK(checked.says("/routes/r/through/0/plugin: \"null\" is a backend, not a stage"));
    CHECK(checked.says("/routes/r/through/1/plugin: there is no plugin \"abov\" (did you mean \"above\"?)"));
    CHECK(checked.says("/routes/s/from: \"null\" has no sources"));
    CHECK(checked.says("/routes/s/to: \"log\" has no sinks"));
}

TEST_CASE("what a route cannot promise is refused or warned of") {
    CHECK(with("", "", "", R"("through": [{"plugin": "shuffle"}])")
              .says("/routes/r/through/0: \"shuffle\" does not keep messages in order"));
    CHECK(with("", "", "", R"("through": [{"plugin": "shuffle"}], "ordering": "none")").report.text() == "");
    CHECK(with("", "", "", R"("ack": "on_arrival")").says("warning: \"ack\": \"on_arrival\""));
    CHECK(with("", "", "", R"("ack": "never")").says("/routes/r/ack: \"never\" needs a source that can go on"));
    CHECK_FALSE(Checked(R"({"backends": {"a": {"plugin": "log"}, "b": {"plugin": "null"}}, "routes": {"r": {
        "from": {"backend": "a", "topics": ["t"]}, "to": {"backend": "b"}, "ack": "never"}}})")
                    .report.has_errors());
    const std::string settler = R"("through": [{"plugin": "settler"}])";
    CHECK(with("", "", "", R"("ack": "manual")").says("/routes/r/ack: \"manual\" needs a stage that acknowledges"));
    CHECK(with("", "", "", settler).says("/routes/r/through/0: \"settler\" acknowledges messages itself; it needs"));
    const Checked manual = with("", "", "", settler + R"(, "ack": "manual")");
    CHECK_FALSE(manual.report.has_errors());
    CHECK(manual.says("/routes/r/ack: warning: \"settler\" acknowledges messages itself"));
    CHECK(with("", "", "", R"("on_failure": {"then": "source"})")
              .says("/routes/r/on_failure/then: \"source\" needs a broker that can be told"));
    const Checked unreachable(
        R"({"backends": {"a": {"plugin": "mq", "url": "mq://h"}}, "routes": {"r": {"match": "first",
        "from": {"backend": "a", "topics": ["t"]}, "to": [{"backend": "a", "topic": "x"}, {"backend": "a", "topic": "y"}]}}})");
    CHECK(unreachable.says("/routes/r/to/1: warning: gets no message"));
}

TEST_CASE("stages get their options") {
    const Checked checked =
        with("", "", "", R"("through": [{"plugin": "above", "when": "exists key", "rate": "10/s"}])");
    REQUIRE(checked.report.text() == "");
    const leat_value* values = checked.model->routes[0].through[0].component.options->values();
    CHECK(values[0].as.number == 80);
    CHECK(values[1].as.condition != nullptr);
    CHECK(values[2].as.number == 10);
    CHECK(with("", "", "", R"("through": [{"plugin": "above", "limit": "80"}])")
              .says("/routes/r/through/0/limit: expected a number, found a string"));
}

TEST_CASE("URLs are checked for their form") {
    for (const char* good :
         {"mq://h", "mq://h:1/x", "mq://u:p@h:65535", "mq://[::1]:8883", "mq://[::1]", "file:///x"}) {
        CAPTURE(good);
        CHECK(Checked("{\"backends\": {\"a\": {\"plugin\": \"mq\", \"url\": \"" + std::string(good) +
                      "\"}}, \"routes\": {}}")
                  .report.errors() == 1);
    }
    for (const char* bad : {"h", "://h", "mq://", "mq://:1", "mq://h:0", "mq://h:65536", "mq://h:x", "mq://h h",
                            "mq://a:b:c", "mq://u:p@"}) {
        CAPTURE(bad);
        CHECK(Checked("{\"backends\": {\"a\": {\"plugin\": \"mq\", \"url\": \"" + std::string(bad) +
                      "\"}}, \"routes\": {}}")
                  .report.errors() == 2);
    }
}

TEST_CASE("no message repeats a secret") {
    const Checked checked(
        R"({"backends": {"a": {"plugin": "mq", "url": "u:hunter2@h", "password": ["hunter2"], "port": "${env:SECRET}", "version": "${env:SECRET}",
        "keep_alive": "${env:SECRET}", "max_packet_size": "${env:SECRET}", "tls": {"key_password": {"x": "hunter2"}}}}, "routes": {}})");
    CHECK(checked.report.errors() >= 7);
    CHECK_FALSE(checked.says("hunter2"));
}

TEST_CASE("a secret from a file can be read again by its value") {
    const auto folder = std::filesystem::temp_directory_path() / ("leat-validate-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "pw") << "old\n";
    const Checked checked(
        R"({"backends": {"a": {"plugin": "mq", "url": "mq://h", "password": "${file:pw}"}}, "routes": {"r": {"from": {"backend": "a", "topics": ["t"]}, "to": {"backend": "a", "topic": "x"}}}})",
        (folder / "f.json").string());
    REQUIRE(checked.report.text() == "");
    CHECK(text(value(checked, "password")) == "old");
    std::ofstream(folder / "pw") << "new\n";
    const leat_value copy = value(checked, "password");
    const OptionSet& options = *checked.model->backends[0].component.options;
    REQUIRE(options.rereadable(copy));
    std::string error;
    CHECK(options.rereadable(copy)->read(error) == "new");
    CHECK(options.rereadable(value(checked, "url")) == nullptr);
    std::filesystem::remove_all(folder);
}

TEST_CASE("the resolved configuration shows everything but secrets") {
    const Checked checked = with(
        R"("password": "hunter2", "properties": {"sasl.password": "hunter2", "linger.ms": "5"}, "tls": {"key_password": "hunter2"})",
        "", R"("headers": {"api-key": "hunter2", "h": "${topic}"}, "max_age": "60s")",
        R"("through": [{"plugin": "above"}], "on_failure": {"attempts": 3, "dead_letter": {"backend": "a", "topic": "dead"}})");
    REQUIRE(checked.report.text() == "");
    const std::string printed = print_resolved(*checked.model);
    CAPTURE(printed);
    CHECK(printed.find("hunter2") == std::string::npos);
    for (const char* part :
         {"\"password\": \"***\"", "\"sasl.password\": \"***\"", "\"linger.ms\": \"5\"", "\"keep_alive\": \"30s\"",
          "\"max_packet_size\": \"1MiB\"", "\"max_in_flight\": 2000", "\"api-key\": \"***\"", "\"h\": \"${topic}\"",
          "\"max_age\": \"1m\"", "\"limit\": 80", "\"attempts\": 3", "\"topic\": \"dead\"",
          "\"ack\": \"on_delivery\"", "\"version\": \"5\"", "\"verify\": true", "\"rate\": 0"}) {
        CAPTURE(part);
        CHECK(printed.find(part) != std::string::npos);
    }
    const Checked user(R"({"backends": {"a": {"plugin": "mq", "url": "${env:HOST}"}}, "routes": {}})");
    CHECK(print_resolved(*user.model).find("\"url\": \"mq://***@h\"") != std::string::npos);
}

TEST_CASE("the resolved configuration, read again, is right and the same") {
    const Checked first = with(R"("keep_alive": "90s")", "\"lane\": \"${key}\"", "\"if\": \"exists key\"",
                               R"("through": [{"plugin": "above", "rate": "2/s"}])");
    REQUIRE(first.report.text() == "");
    const std::string printed = print_resolved(*first.model);
    const Checked second(printed);
    CHECK(second.report.text() == "");
    CHECK(print_resolved(*second.model) == printed);
}
