#include "config/redrive.hpp"

#include <doctest/doctest.h>

#include "config/read.hpp"
#include "config/report.hpp"
#include "config/resolved.hpp"
#include "config/sample_plugins.hpp"
#include "config/validate.hpp"

using namespace leat::config;

namespace {

struct Drafted {
    Report report{"f.json"};
    std::unique_ptr<Model> model;

    Drafted(const std::string& dead_letter, const RedriveRequest& request) {
        const std::string text = R"({"backends": {"in": {"plugin": "mq", "url": "mq://h", "port": 1},
    "out": {"plugin": "mq", "url": "mq://h"}, "other": {"plugin": "mq", "url": "mq://h"}},
"routes": {
  "r": {"from": {"backend": "in", "topics": ["t"]}, "parallel": 4, "ack": "on_arrival", "ordering": "none",
        "to": [{"backend": "out", "topic": "x"},
               {"backend": "out", "topic": "y", "on_failure": {"dead_letter": {"backend": "other", "topic": "y.dead"}}}],
        "on_failure": {"dead_letter": )" +
                                 dead_letter + R"(}},
  "s": {"from": {"backend": "in", "topics": ["u"]}, "to": {"backend": "other", "topic": "z"}}
}})";
        auto document = parse(text, "f.json", report);
        model = read(std::move(document));
        REQUIRE(!report.has_errors());
        document = redrive_document(std::move(*model), request, report);
        model = document ? read_composed(std::move(document), report) : nullptr;
        if (model) validate(*model, sample::plugins(), report);
    }
    std::unique_ptr<Model> read(std::unique_ptr<Document> document) {
        auto made = read_model(
            std::move(document), [](const std::string&) { return std::nullopt; }, report);
        validate(*made, sample::plugins(), report);
        return made;
    }
    std::string errors() const {
        std::string out;
        for (const Finding& f : report.sorted()) {
            if (f.severity == Severity::error) out += format(f) + "\n";
        }
        return out;
    }
};

constexpr const char* kDead = R"({"backend": "other", "topic": "${route}.dead"})";

}  // namespace

TEST_CASE("the source of a redrive reads what the dead letter writes; all else of the route stays") {
    const Drafted drafted(kDead, {.route = "r", .branch = "", .from = ""});
    REQUIRE(drafted.errors() == "");
    REQUIRE(drafted.model->routes.size() == 1);
    const Route& route = drafted.model->routes[0];
    CHECK(route.from.backend == "other");
    CHECK(print_resolved(*drafted.model).find("\"topics\": [\n          \"r.dead\"\n        ]") != std::string::npos);
    CHECK(route.branches.size() == 2);
    CHECK(route.on_failure.dead_letter.has_value());
    CHECK(route.ordering == Ordering::none);
    CHECK(route.parallel == 1);
    CHECK(route.ack == Ack::on_delivery);
    CHECK_FALSE(drafted.model->find_backend("in"));
    CHECK(drafted.model->find_backend("out"));
}

TEST_CASE("the dead letter of a branch is read when it is asked for") {
    const Drafted drafted(kDead, {.route = "r", .branch = "to[1]", .from = ""});
    REQUIRE(drafted.errors() == "");
    CHECK(print_resolved(*drafted.model).find("\"y.dead\"") != std::string::npos);
    CHECK(Drafted(kDead, {.route = "r", .branch = "to[0]", .from = ""}).errors() ==
          "f.json:5: /routes/r/to/0: the branch has no dead letter of its own: leave --branch out\n");
}

TEST_CASE("what cannot be derived has to be said") {
    const char* differs = R"({"backend": "other", "topic": "${topic}.dead"})";
    CHECK(Drafted(differs, {.route = "r", .branch = "", .from = ""}).errors().find("--from '{\"topics\": ...}'") !=
          std::string::npos);
    const Drafted said(differs, {.route = "r", .branch = "", .from = R"({"topics": ["a.dead", "b.dead"]})"});
    CHECK(said.errors() == "");
    CHECK(print_resolved(*said.model).find("\"b.dead\"") != std::string::npos);
    CHECK(Drafted(kDead, {.route = "r", .branch = "", .from = "topics"}).errors().find("--from is no JSON object") !=
          std::string::npos);
    CHECK(Drafted(kDead, {.route = "r", .branch = "", .from = R"({"topcis": []})"}).errors().find("did you mean") !=
          std::string::npos);
}

TEST_CASE("a route without a dead letter, or none of that name, is told") {
    CHECK(Drafted(kDead, {.route = "s", .branch = "", .from = ""}).errors() ==
          "f.json:8: /routes/s: it has no dead letter: there is nothing to move back\n");
    CHECK(Drafted(kDead, {.route = "rr", .branch = "", .from = ""}).errors().find("there is no route \"rr\"") !=
          std::string::npos);
}
