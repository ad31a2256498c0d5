#include "config/describe.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "config/option_words.hpp"
#include "config/sample_plugins.hpp"
#include "config/schema.hpp"

using namespace leat::config;
using Json = nlohmann::json;

namespace {

bool contains(const std::string& text, std::string_view part) {
    INFO("looking for: ", std::string(part), " in:\n", text);
    const bool found = text.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace

TEST_CASE("a plugin is described for people") {
    const std::string text = describe_text(sample::kMq);
    contains(text, "mq 1.0.0, a backend\n  A sample.\n");
    contains(text, "What it promises\n  Landed means that the broker has confirmed.\n");
    contains(text, "  url  (URL, required)\n      Where the broker is.\n      for example \"mq://host:1234\"\n");
    contains(text, "  keep_alive  (duration, default \"30s\", 1s to 1h, advanced)\n");
    contains(text, "  version  (one of 5, 3.1.1, default \"5\")");
    contains(text, "      ca  (path)\n          File with trusted certificates.\n");
    contains(text, "Options of a source (\"from\")\n  topics  (list of strings, required)\n");
    contains(text, "      \"to\": { \"backend\": \"my_mq\", \"topic\": \"devices/${key}/cmd\" }\n");
    CHECK(text.find("keep_alive") > text.find("properties"));
    contains(describe_text(sample::kAbove), "above 1.0.0, a stage\n");
    contains(describe_text(sample::kNull), "(no options of its own)");
    CHECK(describe_text(sample::kLog).find("a sink") == std::string::npos);
}

TEST_CASE("a plugin is described as a page of Markdown") {
    const std::string page = describe_markdown(sample::kMq);
    contains(page, "# mq\n\nA sample.\n");
    contains(page, "| `url` | URL | **required** | Where the broker is. Example: `\"mq://host:1234\"` |\n");
    contains(page, "| `tls.verify` | boolean | `true` | Whether the host name is checked. |\n");
    contains(page,
             "| `no_subscriber` | `ack`, `retry`, `reject` | `\"ack\"` | What to do \\| when nobody listens. |\n");
    contains(page, "## As a sink: `to`\n");
    const size_t begin = page.find("```json\n") + 8;
    const Json example = Json::parse(page.substr(begin, page.find("```", begin) - begin));
    CHECK(example["backends"]["my_mq"] == Json({{"plugin", "mq"}, {"url", "mq://host:1234"}}));
    CHECK(example["routes"]["in"]["from"] == Json({{"backend", "my_mq"}, {"topics", Json::array({"..."})}}));
    CHECK(example["routes"]["out"]["to"]["topic"] == "devices/${key}/cmd");
}

TEST_CASE("the schema is JSON that refers only to what it defines") {
    const Json schema = Json::parse(json_schema(sample::all()));
    CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
    CHECK(schema["properties"]["include"]["anyOf"].size() == 2);
    CHECK(schema["properties"]["defaults"]["properties"]["routes"]["properties"].contains("on_failure"));
    CHECK_FALSE(schema["properties"]["defaults"]["properties"]["routes"]["properties"].contains("from"));
    CHECK(schema["definitions"]["route"]["properties"].contains("for_each"));
    const std::string text = schema.dump();
    for (size_t at = 0; (at = text.find("#/definitions/", at)) != std::string::npos;) {
        at += 14;
        const std::string name = text.substr(at, text.find('"', at) - at);
        CAPTURE(name);
        CHECK(schema["definitions"].contains(name));
    }
}

TEST_CASE("the schema says of each option what the descriptor says") {
    const Json definitions = Json::parse(json_schema(sample::all()))["definitions"];
    const Json& mq = definitions["mq.backend"];
    CHECK(mq["required"] == Json::array({"plugin", "url"}));
    CHECK(mq["additionalProperties"] == false);
    CHECK(mq["properties"]["keep_alive"]["default"] == "30s");
    CHECK(mq["properties"]["keep_alive"]["description"] == "Longest silence.");
    CHECK(mq["properties"]["port"]["anyOf"][0] ==
          Json({{"type", "integer"}, {"minimum", 1.0}, {"maximum", 65535.0}}));
    CHECK(mq["properties"]["tls"]["properties"]["verify"]["default"] == true);
    CHECK(mq["properties"]["version"]["default"] == "5");
    CHECK(definitions["mq.source"]["required"] == Json::array({"backend", "topics"}));
    CHECK(definitions["mq.sink"]["properties"].contains("through"));
    CHECK_FALSE(definitions["mq.dead_letter"]["properties"].contains("through"));
    CHECK(definitions["above.stage"]["properties"]["limit"]["default"] == 80);
    CHECK(definitions["backend"]["properties"]["plugin"]["enum"] == Json::array({"mq", "log", "null"}));
    CHECK(definitions["backend"]["allOf"][0]["if"]["required"] == Json::array({"plugin"}));
    CHECK(definitions["stage"]["properties"]["plugin"]["enum"] == Json::array({"above", "shuffle", "settler"}));
    CHECK(definitions["source"]["anyOf"].size() == 2);
    CHECK(definitions["route"]["required"] == Json::array({"from", "to"}));
}

TEST_CASE("a schema without plugins is still one") { CHECK(Json::parse(json_schema({})).contains("definitions")); }

TEST_CASE("the user part of URLs is masked wherever it stands") {
    CHECK(without_user("mq://u:p@h:1/x") == "mq://***@h:1/x");
    CHECK(without_user("a://u@h,b://h2,c://u:p@ss@h3") == "a://***@h,b://h2,c://***@h3");
    CHECK(without_user("nothing@here") == "nothing@here");
    CHECK(without_user("mq://h/u@x") == "mq://h/u@x");
}

TEST_CASE("names that speak of secrets are recognised") {
    CHECK(is_sensitive("sasl.Password"));
    CHECK(is_sensitive("ssl.key.pem"));
    CHECK(is_sensitive("client_SECRET"));
    CHECK_FALSE(is_sensitive("linger.ms"));
}
