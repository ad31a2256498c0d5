// What a benchmark writes with --json FILE: results that `leat bench --with FILE` takes up.
//
//     Results all;
//     all.add({.id = "crossing/busy", .category = "latency", .title = "...", .unit = "us", .rounds = {0.6, 0.7}});
//     all.write("out.json");
//
// One thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace leat::bench {

inline double median(std::vector<double> all) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    const size_t middle = all.size() / 2;
    return all.size() % 2 == 1 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

/// Microseconds.
struct Percentiles {
    double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;

    static Percentiles of(std::vector<int64_t> ns) {
        if (ns.empty()) return {};
        std::sort(ns.begin(), ns.end());
        const auto at = [&](double part) {
            return static_cast<double>(ns[static_cast<size_t>(part * static_cast<double>(ns.size() - 1))]) / 1e3;
        };
        return {at(0.5), at(0.9), at(0.99), at(0.999), at(1)};
    }
};

/// What a benchmark is called with: numbers, and --json FILE.
struct CommandLine {
    std::vector<uint64_t> numbers = {};
    std::string json = {};

    CommandLine(int argc, char** argv) {
        for (int i = 1; i < argc; ++i) {
            if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
                json = argv[++i];
            } else {
                numbers.push_back(std::strtoull(argv[i], nullptr, 10));
            }
        }
    }
    /// The number at a place; 0 or none given: otherwise.
    uint64_t number(size_t place, uint64_t otherwise) const {
        return place < numbers.size() && numbers[place] ? numbers[place] : otherwise;
    }
};

struct Ceiling {
    std::string title;
    std::vector<double> rounds;
    std::optional<Percentiles> latency = {};
};

struct Result {
    std::string id, category, title, unit;
    bool more_is_better = false;
    std::vector<double> rounds = {};
    std::optional<double> cpu_us = {};
    std::optional<Percentiles> latency = {};
    std::optional<Ceiling> ceiling = {};
    std::string goal = {};  ///< members of the object, as JSON
    std::string note = {};
};

class Results {
  public:
    void add(Result one) { all_.push_back(std::move(one)); }

    /// False: the file cannot be written.
    bool write(const std::string& path) const {
        std::FILE* file = std::fopen(path.c_str(), "w");
        if (!file) return false;
        std::string text = "{\"format\": 1, \"results\": [";
        for (size_t i = 0; i < all_.size(); ++i) text += (i ? ",\n  " : "\n  ") + object(all_[i]);
        text += "\n]}\n";
        const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
        return std::fclose(file) == 0 && is_written;
    }

  private:
    static std::string number(double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", value);
        return text;
    }
    static std::string quoted(const std::string& text) {  // titles of ours: nothing that needs more
        std::string out = "\"";
        for (const char c : text) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        return out + "\"";
    }
    static std::string rounds_of(const std::vector<double>& rounds) {
        std::string text = "\"rounds\": [";
        for (size_t i = 0; i < rounds.size(); ++i) text += (i ? ", " : "") + number(rounds[i]);
        text += "], \"median\": " + number(median(rounds));
        if (rounds.empty()) return text;
        return text + ", \"min\": " + number(*std::min_element(rounds.begin(), rounds.end())) +
               ", \"max\": " + number(*std::max_element(rounds.begin(), rounds.end()));
    }
    static std::string latency_of(const Percentiles& l) {
        return ", \"latency_us\": {\"p50\": " + number(l.p50) + ", \"p90\": " + number(l.p90) +
               ", \"p99\": " + number(l.p99) + ", \"p999\": " + number(l.p999) + ", \"max\": " + number(l.max) + "}";
    }
    static std::string object(const Result& r) {
        std::string text = "{\"id\": " + quoted(r.id) + ", \"category\": " + quoted(r.category) +
                           ", \"title\": " + quoted(r.title) + ", \"unit\": " + quoted(r.unit) + ", \"better\": \"" +
                           (r.more_is_better ? "higher" : "lower") + "\", " + rounds_of(r.rounds);
        if (r.cpu_us) text += ", \"cpu_us\": " + number(*r.cpu_us);
        if (r.latency) text += latency_of(*r.latency);
        if (r.ceiling) {
            text += ", \"ceiling\": {\"title\": " + quoted(r.ceiling->title) + ", " + rounds_of(r.ceiling->rounds) +
                    (r.ceiling->latency ? latency_of(*r.ceiling->latency) : "") + "}";
            const double theirs = median(r.ceiling->rounds), ours = median(r.rounds);
            if (theirs > 0 && ours > 0) {
                text += ", \"ratio\": " + number(r.more_is_better ? ours / theirs : theirs / ours);
            }
        }
        if (!r.goal.empty()) text += ", \"goal\": {" + r.goal + "}";
        if (!r.note.empty()) text += ", \"note\": " + quoted(r.note);
        return text + "}";
    }

    std::vector<Result> all_;
};

}  // namespace leat::bench
