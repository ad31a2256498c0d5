#include <leat/sdk/options.hpp>

#include <doctest/doctest.h>

#include <map>

#include "support/stepped_host.hpp"

using namespace std::chrono_literals;

namespace {

enum class Level { low, high };

struct Tls {
    std::string ca = "ca.pem";
    bool verify = true;
    Level level = Level::high;
    static auto options() {
        return leat::options(leat::option<&Tls::ca>("ca", "CA."), leat::option<&Tls::verify>("verify", "Check."),
                             leat::option<&Tls::level>("level", "How much.").allowed({"low", "high"}));
    }
};

struct All {
    std::string text = "a \"b\"\n\t\x01";
    std::string word = "two";
    int32_t number = -7;
    uint64_t large = 5;
    double real = 0.25;
    bool flag = false;
    std::chrono::milliseconds wait{1500};
    leat::Size size{64 << 20};
    leat::Rate rate{100};
    leat::Url url{"mqtt://localhost"};
    leat::Path path;
    leat::Secret secret;
    leat::Template topic;
    leat::Condition when;
    Level level = Level::high;
    std::vector<std::string> list{"x", "y"};
    std::vector<std::pair<std::string, int>> map;
    std::optional<int> maybe;
    std::optional<Tls> tls;
    Tls always;

    static auto options() {
        return leat::options(
            leat::option<&All::text>("text", "d"), leat::option<&All::word>("word", "d").allowed({"one", "two"}),
            leat::option<&All::number>("number", "d").range(-10, 10), leat::option<&All::large>("large", "d"),
            leat::option<&All::real>("real", "d"), leat::option<&All::flag>("flag", "d"),
            leat::option<&All::wait>("wait", "d"), leat::option<&All::size>("size", "d"),
            leat::option<&All::rate>("rate", "d"), leat::option<&All::url>("url", "d").required(),
            leat::option<&All::path>("path", "d").advanced(), leat::option<&All::secret>("secret", "d"),
            leat::option<&All::topic>("topic", "d").otherwise("\"${key}\""), leat::option<&All::when>("when", "d"),
            leat::option<&All::level>("level", "d").allowed({"low", "high"}), leat::option<&All::list>("list", "d"),
            leat::option<&All::map>("map", "d"), leat::option<&All::maybe>("maybe", "d"),
            leat::option<&All::tls>("tls", "d"), leat::option<&All::always>("always", "d"));
    }
};

std::map<std::string, const leat_option*> by_name(const leat_option* const* list) {
    std::map<std::string, const leat_option*> all;
    for (; *list; ++list) all[(*list)->name] = *list;
    return all;
}

std::string default_of(const leat_option* o) { return o->default_json ? o->default_json : "(none)"; }

leat_value value(uint32_t type) {
    leat_value v{};
    v.type = type;
    return v;
}
leat_value integer(uint32_t type, int64_t n) {
    leat_value v = value(type);
    v.as.integer = n;
    return v;
}
leat_value text(uint32_t type, std::string_view s) {
    leat_value v = value(type);
    v.text = leat::bytes(s);
    return v;
}
leat_value number(uint32_t type, double d) {
    leat_value v = value(type);
    v.as.number = d;
    return v;
}
leat_value items(uint32_t type, const leat_value* all, uint32_t count) {
    leat_value v = value(type);
    v.as.items = all;
    v.count = count;
    return v;
}

}  // namespace

TEST_CASE("types and defaults come from the members") {
    auto all = by_name(leat::option_table<All>().list());
    CHECK(all.size() == 20);
    const std::map<std::string, std::pair<uint32_t, std::string>> expected{
        {"text", {LEAT_STRING, R"("a \"b\"\n\t\u0001")"}},
        {"word", {LEAT_ENUM, "\"two\""}},
        {"number", {LEAT_INTEGER, "-7"}},
        {"large", {LEAT_INTEGER, "5"}},
        {"real", {LEAT_NUMBER, "0.25"}},
        {"flag", {LEAT_BOOLEAN, "false"}},
        {"wait", {LEAT_DURATION, "\"1500ms\""}},
        {"size", {LEAT_SIZE, "\"64MiB\""}},
        {"rate", {LEAT_RATE, "100"}},
        {"url", {LEAT_URL, "(none)"}},
        {"path", {LEAT_PATH, "(none)"}},
        {"secret", {LEAT_SECRET, "(none)"}},
        {"topic", {LEAT_TEMPLATE, "\"${key}\""}},
        {"when", {LEAT_CONDITION, "(none)"}},
        {"level", {LEAT_ENUM, "\"high\""}},
        {"list", {LEAT_LIST, R"(["x", "y"])"}},
        {"map", {LEAT_MAP, "(none)"}},
        {"maybe", {LEAT_INTEGER, "(none)"}},
        {"tls", {LEAT_BLOCK, "(none)"}},
        {"always", {LEAT_BLOCK, "(none)"}},
    };
    for (const auto& [name, wanted] : expected) {
        CAPTURE(name);
        REQUIRE(all.contains(name));
        CHECK(all[name]->size == sizeof(leat_option));
        CHECK(all[name]->type == wanted.first);
        CHECK(default_of(all[name]) == wanted.second);
    }
    CHECK(all["url"]->flags == LEAT_OPTION_REQUIRED);
    CHECK(all["path"]->flags == LEAT_OPTION_ADVANCED);
    CHECK(all["number"]->minimum == -10);
    CHECK(all["number"]->maximum == 10);
    CHECK(all["list"]->element == LEAT_STRING);
    CHECK(all["map"]->element == LEAT_INTEGER);
    CHECK(std::string(all["level"]->allowed[1]) == "high");
    CHECK(all["level"]->allowed[2] == nullptr);

    for (const char* name : {"tls", "always"}) {
        auto fields = by_name(all[name]->fields);
        CHECK(fields.size() == 3);
        CHECK(default_of(fields["ca"]) == "\"ca.pem\"");
        CHECK(default_of(fields["verify"]) == "true");
        CHECK(default_of(fields["level"]) == "\"high\"");
    }
}

TEST_CASE("values are bound to the members") {
    leat::test::SteppedHost host;
    leat::test::Instance me(host);
    const leat::test::SteppedTemplate topic{"lit"};
    const leat_value list[] = {text(LEAT_STRING, "p"), text(LEAT_STRING, "")};
    const leat_value map[] = {text(LEAT_STRING, "k"), integer(LEAT_INTEGER, 3)};
    const leat_value tls[] = {text(LEAT_STRING, "my.pem"), integer(LEAT_BOOLEAN, 0), integer(LEAT_ENUM, 0)};
    leat_value topic_value = text(LEAT_TEMPLATE, "lit");
    topic_value.as.template_ = topic;
    leat_value word = integer(LEAT_ENUM, 0);
    word.text = leat::bytes("one");
    const leat_value values[] = {text(LEAT_STRING, "t"),
                                 word,
                                 integer(LEAT_INTEGER, 9),
                                 integer(LEAT_INTEGER, int64_t{1} << 60),
                                 number(LEAT_NUMBER, 2.5),
                                 integer(LEAT_BOOLEAN, 1),
                                 integer(LEAT_DURATION, 250'000'000),
                                 integer(LEAT_SIZE, 4096),
                                 number(LEAT_RATE, 50),
                                 text(LEAT_URL, "mqtts://x"),
                                 text(LEAT_PATH, "/etc/x"),
                                 text(LEAT_SECRET, "s3cret"),
                                 topic_value,
                                 value(0),
                                 integer(LEAT_ENUM, 0),
                                 items(LEAT_LIST, list, 2),
                                 items(LEAT_MAP, map, 1),
                                 integer(LEAT_INTEGER, 0),
                                 items(LEAT_BLOCK, tls, 3),
                                 value(0)};
    All all;
    leat::option_table<All>().bind(&all, values, host.table());
    CHECK(all.text == "t");
    CHECK(all.word == "one");
    CHECK(all.number == 9);
    CHECK(all.large == uint64_t{1} << 60);
    CHECK(all.real == 2.5);
    CHECK(all.flag);
    CHECK(all.wait == 250ms);
    CHECK(all.size.bytes == 4096);
    CHECK(all.rate.per_second == 50);
    CHECK(all.url.text == "mqtts://x");
    CHECK(all.path.text == "/etc/x");
    std::string secret;
    CHECK(all.secret.read(host.services(me), secret));
    CHECK(secret == "s3cret");
    CHECK(all.topic);
    CHECK(all.topic.is_literal());
    CHECK(leat::view(all.topic({}).text) == "lit");
    CHECK_FALSE(all.when);
    CHECK(all.level == Level::low);
    CHECK(all.list == std::vector<std::string>{"p", ""});
    CHECK(all.map == std::vector<std::pair<std::string, int>>{{"k", 3}});
    CHECK(all.maybe == 0);
    REQUIRE(all.tls);
    CHECK(all.tls->ca == "my.pem");
    CHECK_FALSE(all.tls->verify);
    CHECK(all.tls->level == Level::low);
    CHECK(all.always.ca == "ca.pem");
}

TEST_CASE("numbers are shown as JSON, whatever their size") {
    using Show = leat::OptionType<double>;
    CHECK(Show::show(80) == "80");
    CHECK(Show::show(-0.5) == "-0.5");
    CHECK(Show::show(1e-7) == "1e-07");
    CHECK(Show::show(0) == "0");
    CHECK(std::stod(Show::show(1.0 / 3)) == 1.0 / 3);
    using Duration = leat::OptionType<std::chrono::nanoseconds>;
    CHECK(Duration::show(0s) == "\"0s\"");
    CHECK(Duration::show(2us) == "\"2us\"");
    CHECK(Duration::show(3ns) == "\"3ns\"");
    using Size = leat::OptionType<leat::Size>;
    CHECK(Size::show({0}) == "0");
    CHECK(Size::show({1536}) == "1536");
    CHECK(Size::show({2048}) == "\"2KiB\"");
}

TEST_CASE("a type without options has an empty list") {
    struct None {};
    CHECK(*leat::option_table<None>().list() == nullptr);
}
