#include "bench/report/charts.hpp"

#include "bench/report/chart.hpp"
#include "bench/report/html.hpp"
#include "bench/report/table.hpp"
#include "show/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace leat::bench {
namespace {

std::string clipped(const std::string& title) {
    constexpr size_t kLetters = 72;
    return app::clipped(app::printable(title), kLetters);
}

std::string figure(const std::string& title, const std::string& about, const std::string& svg) {
    if (svg.empty()) return "";
    return "<figure><figcaption><b>" + escaped(title) + "</b> <span class=\"note\">" + escaped(about) +
           "</span></figcaption>\n" + svg + "</figure>\n";
}

std::string better(const Result& r) { return r.higher_is_better ? "more is better" : "less is better"; }

Spread spread_of(const Result& r) { return {r.median, r.min, r.max}; }

Spread spread_of(const Ceiling& c) {
    if (c.rounds.empty()) return {c.median, c.median, c.median};
    const auto [least, most] = std::minmax_element(c.rounds.begin(), c.rounds.end());
    return {c.median, *least, *most};
}

// What one chart can show is of one unit and a like size: beside 40 M messages/s one would not see 40 k.
class Alike {
  public:
    void add(const Result& r) {
        constexpr double kFactor = 50;
        const auto fits = [&r](const Group& g) {
            return r.unit == g.results.front()->unit && r.higher_is_better == g.results.front()->higher_is_better &&
                   std::max(g.most, r.median) <= kFactor * std::min(g.least, r.median);
        };
        auto group = std::find_if(groups_.begin(), groups_.end(), fits);
        if (group == groups_.end()) group = groups_.insert(group, {r.median, r.median, {}});
        group->least = std::min(group->least, r.median);
        group->most = std::max(group->most, r.median);
        group->results.push_back(&r);
    }
    std::vector<Results> all() const {
        std::vector<Results> out;
        for (const Group& g : groups_) out.push_back(g.results);
        return out;
    }

  private:
    struct Group {
        double least = 0, most = 0;
        Results results;
    };
    std::vector<Group> groups_;
};

// Of what is no point of a curve.
std::string bars(const Results& results) {
    Alike alike;
    for (const Result* r : results) {
        if (!r->has_failed() && r->series.empty()) alike.add(*r);
    }
    std::string text;
    for (const Results& group : alike.all()) {
        std::vector<Bar> bars;
        for (const Result* r : group) {
            bars.push_back({clipped(r->title), spread_of(*r),
                            r->ceiling ? std::optional(spread_of(*r->ceiling)) : std::nullopt});
        }
        const std::string& unit = group.front()->unit;
        text += figure(unit, better(*group.front()),
                       bar_chart(bars, unit, fmt::format("{} bars of {}; the table has them", bars.size(), unit)));
    }
    return text;
}

// "messages in flight" of "from shard to shard by messages in flight".
std::string x_title(const std::string& series) {
    const size_t by = series.rfind(" by ");
    return by == std::string::npos ? series : series.substr(by + 4);
}

std::string ends(const std::string& who, const Curve& curve) {
    return fmt::format("; {} {} to {}", who, short_number(curve.points.front().y.value),
                       short_number(curve.points.back().y.value));
}

std::string curves(const Results& results) {
    std::map<std::string, Results> series;
    for (const Result* r : results) {
        if (!r->series.empty() && r->x && !r->has_failed()) series[r->series].push_back(r);
    }
    std::string text;
    for (auto& [name, points] : series) {
        std::sort(points.begin(), points.end(), [](const Result* a, const Result* b) { return *a->x < *b->x; });
        Curve ours, ceiling{true, {}};
        std::string title;
        for (const Result* r : points) {
            ours.points.push_back({*r->x, spread_of(*r)});
            if (!r->ceiling) continue;
            title = r->ceiling->title;
            ceiling.points.push_back({*r->x, spread_of(*r->ceiling)});
        }
        const Result& first = *points.front();
        std::string label = name + ", " + first.unit + ends("leat", ours);
        if (!title.empty()) label += ends(title, ceiling);
        const std::string unit = first.latency ? first.unit + ", p50" : first.unit;
        text += figure(name, better(first) + (title.empty() ? "" : "; ceiling: " + title),
                       curve_chart({ceiling, ours}, x_title(name), unit, label));
    }
    return text;
}

std::string latencies(const Results& results) {
    Alike alike;
    for (const Result* r : results) {
        if (!r->has_failed() && r->latency) alike.add(*r);
    }
    std::string text;
    for (const Results& group : alike.all()) {
        std::vector<Distribution> all;
        for (const Result* r : group) {
            all.push_back({clipped(r->title), *r->latency, r->ceiling ? r->ceiling->latency : std::nullopt});
        }
        text += figure("delays, us", "dot p50, thick to p99, mark p99.9, stroke the longest",
                       latency_chart(all, fmt::format("percentiles of {} delays; the table has them", all.size())));
    }
    return text;
}

}  // namespace

std::string charts(const Results& results) {
    const std::string all = bars(results) + curves(results) + latencies(results);
    return all.empty() ? "" : "<div class=\"charts\">\n" + all + "</div>\n";
}

}  // namespace leat::bench
