#include "bench/figures/result_json.hpp"

#include "show/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

namespace leat::bench {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& json, const char* name, const std::optional<double>& value) {
    if (value) json[name] = *value;
}

Json to_json(const LatencyFigures& l) {
    return {{"p50", l.p50}, {"p90", l.p90}, {"p99", l.p99}, {"p999", l.p999}, {"max", l.max}};
}

Json to_json(const Ceiling& ceiling) {
    Json json = {{"title", ceiling.title}, {"rounds", ceiling.rounds}, {"median", ceiling.median}};
    put(json, "cpu_us", ceiling.cpu_us);
    put(json, "peak_mb", ceiling.peak_mb);
    if (ceiling.latency) json["latency_us"] = to_json(*ceiling.latency);
    return json;
}

Json to_json(const Goal& goal) {
    Json json = Json::object();
    put(json, "ratio", goal.ratio);
    put(json, "cpu_us", goal.cpu_us);
    put(json, "value", goal.value);
    put(json, "p50_us", goal.p50_us);
    put(json, "p99_us", goal.p99_us);
    return json;
}

Json to_json(const Result& r) {
    Json json = {{"id", r.id},
                 {"category", r.category},
                 {"title", r.title},
                 {"unit", r.unit},
                 {"better", r.higher_is_better ? "higher" : "lower"}};
    if (!r.has_failed()) {
        json["rounds"] = r.rounds;
        json["median"] = r.median;
        json["min"] = r.min;
        json["max"] = r.max;
        put(json, "cpu_us", r.cpu_us);
        put(json, "peak_mb", r.peak_mb);
        if (r.latency) json["latency_us"] = to_json(*r.latency);
        put(json, "ratio", r.ratio);
        if (!r.ratios.empty()) json["ratios"] = r.ratios;
    }
    if (r.ceiling) json["ceiling"] = to_json(*r.ceiling);
    if (Json goal = to_json(r.goal); !goal.empty()) json["goal"] = std::move(goal);
    if (!r.series.empty()) json["series"] = r.series;
    put(json, "x", r.x);
    if (r.audit) json["audit"] = {{"missing", r.audit->missing}, {"out_of_order", r.audit->out_of_order}};
    put(json, "took_s", r.took_s);
    if (!r.note.empty()) json["note"] = r.note;
    if (!r.no_ceiling.empty()) json["no_ceiling"] = r.no_ceiling;
    if (!r.failure.empty()) json["failure"] = r.failure;
    return json;
}

// Walks a parsed report; each error names the file and the JSON path.
class Reader {
  public:
    explicit Reader(std::string name) : name_(std::move(name)) {}

    Report report(const Json& json) {
        expect(json.is_object(), "", "expected an object with format, machine and results");
        const Json& format = member(json, "", "format");
        expect(format.is_number_integer() && format == 1, "/format", "expected 1, the format that is known here");
        Report out;
        if (json.contains("machine")) out.machine = machine(json["machine"]);
        const Json& results = member(json, "", "results");
        expect(results.is_array(), "/results", "expected an array");
        for (size_t i = 0; i < results.size(); ++i) {
            out.results.push_back(result(results[i], "/results/" + std::to_string(i)));
        }
        return out;
    }

  private:
    void expect(bool is_right, const std::string& path, const std::string& what) const {
        if (!is_right) throw BadReport(name_ + ": " + (path.empty() ? "/" : path) + ": " + what);
    }
    const Json& member(const Json& object, const std::string& path, const char* name) const {
        expect(object.contains(name), path + "/" + name, "is missing");
        return object[name];
    }
    std::string text(const Json& object, const std::string& path, const char* name, bool must = true) const {
        if (!must && !object.contains(name)) return "";
        const Json& value = member(object, path, name);
        expect(value.is_string(), path + "/" + name, "expected text");
        return value.get<std::string>();
    }
    std::optional<double> number(const Json& object, const std::string& path, const char* name) const {
        if (!object.contains(name) || object[name].is_null()) return std::nullopt;
        expect(object[name].is_number(), path + "/" + name, "expected a number");
        return object[name].get<double>();
    }
    double needed(const Json& object, const std::string& path, const char* name) const {
        member(object, path, name);
        const auto value = number(object, path, name);
        expect(value.has_value(), path + "/" + name, "expected a number");
        return *value;
    }
    std::vector<double> numbers(const Json& object, const std::string& path, const char* name) const {
        const Json& list = member(object, path, name);
        expect(list.is_array(), path + "/" + name, "expected an array of numbers");
        std::vector<double> out;
        for (size_t i = 0; i < list.size(); ++i) {
            expect(list[i].is_number(), path + "/" + name + "/" + std::to_string(i), "expected a number");
            out.push_back(list[i].get<double>());
        }
        return out;
    }
    const Json& object(const Json& parent, const std::string& path, const char* name) const {
        expect(parent[name].is_object(), path + "/" + name, "expected an object");
        return parent[name];
    }

    Machine machine(const Json& json) const {
        expect(json.is_object(), "/machine", "expected an object");
        Machine out;
        for (const auto& [name, value] : json.items()) {
            out.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
        }
        return out;
    }
    LatencyFigures latency(const Json& parent, const std::string& path) const {
        const Json& json = object(parent, path, "latency_us");
        const std::string here = path + "/latency_us";
        return {needed(json, here, "p50"), number(json, here, "p90").value_or(0), needed(json, here, "p99"),
                number(json, here, "p999").value_or(0), number(json, here, "max").value_or(0)};
    }
    Ceiling ceiling(const Json& json, const std::string& path) const {
        Ceiling out;
        out.title = text(json, path, "title");
        out.rounds = numbers(json, path, "rounds");
        out.median = needed(json, path, "median");
        out.cpu_us = number(json, path, "cpu_us");
        out.peak_mb = number(json, path, "peak_mb");
        if (json.contains("latency_us")) out.latency = latency(json, path);
        return out;
    }
    Goal goal(const Json& json, const std::string& path) const {
        return {number(json, path, "ratio"), number(json, path, "cpu_us"), number(json, path, "value"),
                number(json, path, "p50_us"), number(json, path, "p99_us")};
    }
    uint64_t whole(const Json& object, const std::string& path, const char* name) const {
        if (!object.contains(name)) return 0;
        expect(object[name].is_number_unsigned(), path + "/" + name, "expected a count");
        return object[name].get<uint64_t>();
    }

    Result result(const Json& json, const std::string& path) const {
        expect(json.is_object(), path, "expected an object");
        Result r;
        r.id = text(json, path, "id");
        r.category = text(json, path, "category");
        r.title = text(json, path, "title");
        r.unit = text(json, path, "unit");
        const std::string better = text(json, path, "better");
        expect(better == "higher" || better == "lower", path + "/better", "expected \"higher\" or \"lower\"");
        r.higher_is_better = better == "higher";
        r.series = text(json, path, "series", false);
        r.note = text(json, path, "note", false);
        r.no_ceiling = text(json, path, "no_ceiling", false);
        r.took_s = number(json, path, "took_s");
        r.failure = text(json, path, "failure", false);
        r.x = number(json, path, "x");
        if (json.contains("audit")) {
            const Json& audit = object(json, path, "audit");
            r.audit = Audit{whole(audit, path + "/audit", "missing"), whole(audit, path + "/audit", "out_of_order")};
        }
        if (json.contains("goal")) r.goal = goal(object(json, path, "goal"), path + "/goal");
        if (json.contains("ceiling")) r.ceiling = ceiling(object(json, path, "ceiling"), path + "/ceiling");
        if (!r.has_failed()) read_figures(r, json, path);
        return r;
    }
    void read_figures(Result& r, const Json& json, const std::string& path) const {
        r.rounds = numbers(json, path, "rounds");
        expect(!r.rounds.empty(), path + "/rounds", "expected one round at least");
        r.median = needed(json, path, "median");
        r.min = number(json, path, "min").value_or(*std::min_element(r.rounds.begin(), r.rounds.end()));
        r.max = number(json, path, "max").value_or(*std::max_element(r.rounds.begin(), r.rounds.end()));
        r.cpu_us = number(json, path, "cpu_us");
        r.peak_mb = number(json, path, "peak_mb");
        r.ratio = number(json, path, "ratio");
        if (json.contains("ratios")) r.ratios = numbers(json, path, "ratios");
        if (json.contains("latency_us")) r.latency = latency(json, path);
    }

    std::string name_;
};

}  // namespace

nlohmann::ordered_json to_json(const Report& report) {
    Json machine = Json::object();
    for (const auto& [name, value] : report.machine) machine[name] = value;
    Json results = Json::array();
    for (const Result& result : report.results) results.push_back(to_json(result));
    return {{"format", 1}, {"machine", std::move(machine)}, {"results", std::move(results)}};
}

Report parse_report(const std::string& text, const std::string& name) {
    try {
        return Reader(name).report(Json::parse(text));
    } catch (const Json::parse_error& error) {
        const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), end, '\n');
        throw BadReport(name + ":" + std::to_string(line) + ": is no JSON: " + app::printable(error.what()));
    }
}

Report read_report(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw BadReport(file + ": cannot be read");
    return parse_report({std::istreambuf_iterator<char>(in), {}}, file);
}

std::string report_text(const Report& report) {
    return to_json(report).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace leat::bench
