#include "config/compose/compose.hpp"

#include <doctest/doctest.h>

#include "config/read.hpp"
#include "config/report.hpp"
#include "config/resolved.hpp"
#include "config/sample_plugins.hpp"
#include "support/folder.hpp"

using namespace leat::config;
using namespace std::chrono_literals;
using leat::test::Folder;

namespace {

// A configuration of several files; "main.json" is the one that is named.
struct Files {
    std::unique_ptr<Folder> owned = std::make_unique<Folder>();
    const Folder& folder = *owned;
    std::unique_ptr<Report> report;
    std::unique_ptr<Model> model;

    Files& with(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        folder.write(name, text);
        return *this;
    }
    Files& read() {
        const std::string main = folder / "main.json";
        report = std::make_unique<Report>(main);
        model = read_configuration(main, *report);
        if (model && !report->has_errors()) validate(*model, sample::plugins(), *report);
        return *this;
    }
    // The report with names of files as seen from the folder.
    std::string text() const {
        std::string out = report->text();
        const std::string prefix = folder.path().string() + "/";
        for (size_t at = 0; (at = out.find(prefix, at)) != std::string::npos;) out.erase(at, prefix.size());
        return out;
    }
    const Route& route(const std::string& name) const {
        for (const Route& each : model->routes) {
            if (each.name == name) return each;
        }
        FAIL("there is no route ", name);
        return model->routes.front();
    }
};

constexpr const char* kBackends = R"({"backends": {
  "in": {"plugin": "mq", "url": "mq://h"},
  "out": {"plugin": "mq", "url": "mq://h"} } })";

std::string route_text(const std::string& name, const std::string& more = "") {
    return "{\"routes\": {\n\"" + name + R"(": {"from": {"backend": "in", "topics": ["t"]},)" + "\n" +
           R"("to": {"backend": "out", "topic": "x"})" + (more.empty() ? "" : ",\n" + more) + "} } }";
}

// One file with a route into which `more` is put, and `root` members beside the routes.
Files one(const std::string& name, const std::string& more, const std::string& root = "") {
    Files files;
    std::string text = kBackends;
    text.pop_back();
    text += ", " + route_text(name, more).substr(1);
    if (!root.empty()) text.insert(text.size() - 1, ", " + root);
    files.with("main.json", text).read();
    return files;
}

}  // namespace

TEST_CASE("backends and routes of several files are one configuration; patterns are sorted") {
    Files files;
    files.with("main.json", R"({"include": ["backends.json", "routes.d/*.json"], "shards": 3})")
        .with("backends.json", kBackends)
        .with("routes.d/b.json", route_text("b"))
        .with("routes.d/a.json", route_text("a"))
        .with("routes.d/c.txt", "not read")
        .read();
    CHECK(files.text() == "");
    REQUIRE(files.model->routes.size() == 2);
    CHECK(files.model->routes[0].name == "a");
    CHECK(files.model->routes[1].name == "b");
    CHECK(files.model->shards == 3);
}

TEST_CASE("an error in an included file is told with that file, its line and its path") {
    Files files;
    files.with("main.json", R"({"include": "more.json", "shards": 0})")
        .with("more.json", "{\n\"backends\": {},\n\"routes\": {\"a\": {\"form\": 1}}\n}")
        .read();
    const std::string text = files.text();
    CHECK(text.find("main.json:1: /shards: expected 1 to 256") != text.npos);
    CHECK(text.find("more.json:3: /routes/a/form: unknown name \"form\" (did you mean \"from\"?)") != text.npos);
    CHECK(text.find("main.json") < text.find("more.json"));
}

TEST_CASE("a syntax error in an included file does not hide the others") {
    Files files;
    files.with("main.json", R"({"include": ["bad.json", "worse.json"], "backends": {}, "routes": {}})")
        .with("bad.json", "{\n\"routes\": }")
        .with("worse.json", "[1]")
        .read();
    CHECK(files.text().find("bad.json:2: ") != std::string::npos);
    CHECK(files.text().find("worse.json:1: expected an object with backends or routes, found a list") !=
          std::string::npos);
}

TEST_CASE("paths and patterns are relative to the file that names them; an included file may include others") {
    Files files;
    files.with("main.json", R"({"include": "a/a.json"})")
        .with("a/a.json", R"({"include": ["b/b.json", "../backends.json"]})")
        .with("a/b/b.json", route_text("deep"))
        .with("backends.json", R"({"backends": {"in": {"plugin": "mq", "url": "mq://h", "tls": {"ca": "sub/ca.pem"}},
                                                "out": {"plugin": "mq", "url": "mq://${file:sub/host}"}}})")
        .with("sub/host", "filled-in\n")
        .read();
    REQUIRE(files.text() == "");
    const std::string shown = print_resolved(*files.model);
    CHECK(shown.find((files.folder.path() / "sub/ca.pem").string()) != std::string::npos);
    CHECK(shown.find("mq://filled-in") != std::string::npos);
}

TEST_CASE("a name that two files give is an error that tells both places") {
    Files files;
    files.with("main.json", R"({"include": ["backends.json", "a.json", "b.json"], "shards": 1})")
        .with("backends.json", kBackends)
        .with("a.json", route_text("same"))
        .with("b.json", "{\"shards\": 2, " + route_text("same").substr(1))
        .read();
    CHECK(files.text().find("b.json:2: /routes/same: is given in a.json:2: /routes/same already") !=
          std::string::npos);
    CHECK(files.text().find("b.json:1: /shards: is given in main.json:1: /shards already") != std::string::npos);
    CHECK(files.report->errors() == 2);
}

TEST_CASE("files that include each other are an error that tells the way; one that is named twice is read once") {
    Files files;
    files.with("main.json", R"({"include": ["backends.json", "a.json", "./a.json"]})")
        .with("backends.json", kBackends)
        .with("a.json", "{\n\"include\": \"b.json\", " + route_text("a").substr(1))
        .with("b.json", "{\n\n\"include\": \"a.json\"}")
        .read();
    CHECK(files.text() ==
          "b.json:3: /include: a.json includes itself: through a.json:2: /include, then b.json:3: /include\n");
    CHECK(files.report->errors() == 1);
    CHECK(files.model->routes.size() == 1);
}

TEST_CASE("what cannot be included is told where it was asked for") {
    Files files;
    files.with("main.json", "{\"include\": [\"none.json\",\n\"sub\",\n\"none*.json\",\n7,\n\"${env:LEAT_NOT_SET}\"]}")
        .with("sub/x.json", "{}")
        .read();
    const std::string text = files.text();
    CHECK(text.find("main.json:1: /include/0: there is no file ") != text.npos);
    CHECK(text.find("main.json:2: /include/1: ") != text.npos);
    CHECK(text.find("is a folder; ") != text.npos);
    CHECK(text.find("main.json:3: /include/2: warning: no file matches \"none*.json\"") != text.npos);
    CHECK(text.find("main.json:4: /include/3: expected the name of a file") != text.npos);
    CHECK(text.find("main.json:5: /include/4: the environment variable \"LEAT_NOT_SET\" is not set") != text.npos);
}

TEST_CASE("for_each over a list makes a route of each, with ${each} in its name") {
    const Files files = one("t-${each}", R"("for_each": ["p7", "p8"], "drain_timeot": "1s")");
    CHECK(files.report->errors() == 1);  // the same for both: told once
    CHECK(files.text() ==
          "main.json:6: /routes/t-${each}/drain_timeot: unknown name \"drain_timeot\" (did you mean "
          "\"drain_timeout\"?) (for_each: \"p7\", and 1 more)\n");
    const Files good = one("t-${each}", R"("for_each": ["p7", "p8"])");
    REQUIRE(good.text() == "");
    REQUIRE(good.model->routes.size() == 2);
    CHECK(good.model->routes[0].name == "t-p7");
    CHECK(good.model->routes[1].name == "t-p8");
}

TEST_CASE("for_each over an object of lists makes every combination") {
    const Files files =
        one("${each:a}-${each:n}", R"("for_each": {"a": ["x", "y"], "n": [1, 2]}, "parallel": "${each:n}")");
    REQUIRE(files.text() == "");
    CHECK(files.model->routes.size() == 4);
    CHECK(files.route("y-2").parallel == 2);
    CHECK(files.route("x-1").parallel == 1);
}

TEST_CASE("a placeholder alone becomes the value: a list, an object") {
    const Files files = one("r-${each:name}", R"("for_each": [{"name": "a", "policy": {"attempts": 3}},
                                                             {"name": "b", "policy": {"then": "discard"}}],
                                               "on_failure": "${each:policy}")");
    REQUIRE(files.text() == "");
    CHECK(files.route("r-a").on_failure.attempts == 3);
    CHECK(files.route("r-b").on_failure.then == Then::discard);
}

TEST_CASE("what for_each cannot do is told with the element") {
    CHECK(one("r-${each:plnt}", R"("for_each": {"plant": ["p7"]})")
              .text()
              .find("for_each gives no \"${each:plnt}\", but ${each:plant} (did you mean \"plant\"?)") !=
          std::string::npos);
    CHECK(one("r", R"("for_each": ["a", "b"])")
              .text()
              .find("makes a route \"r\", which it has made for \"a\" already; put ${each} into its name "
                    "(for_each: \"b\")") != std::string::npos);
    CHECK(one("r-${each}", R"("for_each": "p7")").text().find("expected a list, or an object of lists") !=
          std::string::npos);
    CHECK(one("r-${each:x}", R"("for_each": [{"x": [1]}])").text().find("it has to stand alone") !=
          std::string::npos);
    CHECK(one("r-${each}", R"("for_each": [])").text().find("warning: is empty") != std::string::npos);
}

TEST_CASE("for_each cannot make a configuration of any size") {
    std::string list = "[0";
    for (int i = 1; i < 300; ++i) list += "," + std::to_string(i);
    list += "]";
    const std::string text =
        one("r-${each:a}-${each:b}", R"("for_each": {"a": )" + list + R"(, "b": )" + list + "}").text();
    CHECK(text.find("makes more than 10000 combinations") != std::string::npos);
}

TEST_CASE("routes get the defaults that they do not give themselves; objects are merged, null takes away") {
    const std::string defaults = R"("defaults": {"routes": {"ack": "on_arrival", "drain_timeout": "5s", "on_failure":
        {"attempts": 8, "delay": "2s", "dead_letter": {"backend": "out", "topic": "dead"}}}})";
    const Files merged = one("r", R"("on_failure": {"attempts": 3}, "ack": "on_delivery")", defaults);
    REQUIRE(merged.text() == "");
    CHECK(merged.route("r").on_failure.attempts == 3);
    CHECK(merged.route("r").on_failure.delay == 2s);
    CHECK(merged.route("r").on_failure.dead_letter.has_value());
    CHECK(merged.route("r").drain_timeout == 5s);
    CHECK(merged.route("r").ack == Ack::on_delivery);
    const Files taken = one("r", R"("on_failure": {"dead_letter": null, "then": "discard"}, "ack": null)", defaults);
    REQUIRE(taken.text() == "");
    CHECK_FALSE(taken.route("r").on_failure.dead_letter.has_value());
    CHECK(taken.route("r").on_failure.then == Then::discard);
    CHECK(taken.route("r").ack == Ack::on_delivery);
}

TEST_CASE("an object that names another backend than the default replaces it as a whole") {
    const Files files = one(
        "r", R"("on_failure": {"dead_letter": {"backend": "in", "topic": "mine"}})",
        R"("defaults": {"routes": {"on_failure": {"dead_letter": {"backend": "out", "no_subscriber": "retry"}}}})");
    REQUIRE(files.text() == "");
    CHECK(files.route("r").on_failure.dead_letter->component.given.size() == 1);
}

TEST_CASE("sources and sinks get defaults by backend and by plugin, the backend's first; dead letters get none") {
    const Files files =
        one("r", R"("on_failure": {"dead_letter": {"backend": "out", "topic": "dead"}})",
            R"("defaults": {"from": {"mq": {"max_in_flight": 5, "lane": "${key}"}, "in": {"max_in_flight": 6}},
                                            "to": {"mq": {"no_subscriber": "retry", "headers": {"a": "1"}}},
                                            "backends": {"mq": {"port": 99}}})");
    REQUIRE(files.text() == "");
    const Route& r = files.route("r");
    CHECK(r.from.max_in_flight == 6);
    CHECK(r.from.lane.compiled);
    CHECK(r.branches[0].sink.headers.size() == 1);
    CHECK(r.on_failure.dead_letter->headers.empty());
    CHECK(print_resolved(*files.model).find("\"port\": 99") != std::string::npos);
}

TEST_CASE("what is wrong with a default is told once, where it stands") {
    const Files files = one("r-${each}", R"("for_each": ["a", "b"])",
                            "\"defaults\": {\n\"to\": {\"mq\": {\"no_subscriber\": \"rety\"}, \"mp\": {}},\n"
                            "\"route\": {}, \"routes\": {\"acks\": 1, \"from\": {}}}");
    const std::string text = files.text();
    CHECK(text.find("/defaults/to/mp: there is no backend or plugin \"mp\" in use (did you mean \"mq\"?)") !=
          text.npos);
    CHECK(text.find("/defaults/route: unknown name \"route\" (did you mean \"routes\"?)") != text.npos);
    CHECK(text.find("/defaults/routes/acks: unknown name \"acks\" (did you mean \"ack\"?)") != text.npos);
    CHECK(text.find("/defaults/routes/from: belongs beside \"routes\"") != text.npos);
    const Files value = one("r", "", "\"defaults\": {\n\"to\": {\"mq\": {\"no_subscriber\": \"rety\"}}}");
    CHECK(value.text().find("/defaults/to/mq/no_subscriber: ") != std::string::npos);
    CHECK(value.text().find("did you mean \"retry\"") != std::string::npos);
}

TEST_CASE("without a file there is nothing to include") {
    Report report("f");
    auto document = parse(R"({"include": "x.json"})", "f", report);
    read_model(std::move(document), process_environment(), report);
    CHECK(report.text().find("/include: no file can be included here") != std::string::npos);
}

TEST_CASE("what a small file would make is bounded, whether for_each, its values or a default multiplies it") {
    const auto list = [](size_t n, const std::string& each) {
        std::string out = "[";
        for (size_t i = 0; i < n; ++i) out += (i ? "," : "") + each;
        return out + "]";
    };
    const std::string many = "\"for_each\": {\"a\": [" + list(100'000, "1") + "], \"b\": " + list(2000, "1") + "}";
    const std::string words = "would be made of what is written here";
    CHECK(one("r-${each:b}", many + R"(, "lane": "${each:a}")").text().find(words) != std::string::npos);

    const std::string long_text = "\"for_each\": {\"a\": [\"" + std::string(100'000, 'x') +
                                  "\"], \"b\": " + list(2000, "1") + R"(}, "lane": "${each:a}${each:a}")";
    CHECK(one("r-${each:b}", long_text).text().find(words) != std::string::npos);

    std::string headers;
    for (int i = 0; i < 2000; ++i) headers += (i ? ",\"h" : "\"h") + std::to_string(i) + "\": \"v\"";
    std::string elements;
    for (int i = 0; i < 2000; ++i) elements += (i ? ",\"e" : "\"e") + std::to_string(i) + "\"";
    const Files defaults = one("r-${each}", "\"for_each\": [" + elements + "]",
                               "\"defaults\": {\"to\": {\"mq\": {\"headers\": {" + headers + "}}}}");
    CHECK(defaults.text().find("/defaults: more than 1000000 values, or 64 MiB of text, " + words) !=
          std::string::npos);
}
