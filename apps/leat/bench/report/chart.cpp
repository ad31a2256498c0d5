#include "bench/report/chart.hpp"

#include "bench/report/html.hpp"
#include "bench/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace leat::bench {
namespace {

constexpr double kWidth = 900, kLabel = 400, kRight = 90;
constexpr const char* kColours[] = {"#1f6feb", "#b35900", "#2da44e", "#8250df", "#cf222e", "#57606a"};

const char* colour(size_t i) { return kColours[i % std::size(kColours)]; }

std::string svg(double height, const std::string& title, const std::string& content) {
    return fmt::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\" "
        "xmlns=\"http://www.w3.org/2000/svg\">\n{}</svg>\n",
        kWidth, height, escaped(title), content);
}

std::string rectangle(double x, double y, double width, double height, const char* style) {
    return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\"/>\n", x, y,
                       std::max(width, 0.5), height, style);
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
    return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
                       y2, style);
}

std::string words(double x, double y, const char* anchor, std::string_view text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(text));
}

// Values as places between two edges: logarithmic, or from 0 on where one of the values is 0.
class Axis {
  public:
    Axis(double least, double most, double from, double to)
        : is_log_(least > 0),
          low_(is_log_ ? below(least) : 0),
          high_(is_log_ ? above(most) : most),
          from_(from),
          to_(to) {
        if (is_log_ && high_ <= low_) high_ = low_ * 10;
    }
    double place(double value) const {
        const double part = is_log_ ? std::log(value / low_) / std::log(high_ / low_) : value / high_;
        return from_ + (to_ - from_) * part;
    }
    std::vector<double> marks() const {
        std::vector<double> all;
        if (!is_log_) {
            for (int i = 0; i <= 4; ++i) all.push_back(high_ * i / 4);
            return all;
        }
        const bool has_few = high_ / low_ <= 150;  // two powers of ten: their halves and fifths are marked, too
        for (double mark = low_; mark <= high_ * 1.001; mark = next(mark)) {
            const bool is_power = std::abs(std::log10(mark) - std::round(std::log10(mark))) < 1e-6;
            if (has_few || is_power) all.push_back(mark);
        }
        return all;
    }

  private:
    // 1, 2 or 5 times a power of ten.
    static double below(double value) {
        const double power = std::pow(10, std::floor(std::log10(value) + 1e-9));
        return value >= power * 4.999 ? power * 5 : value >= power * 1.999 ? power * 2 : power;
    }
    static double next(double mark) {
        const double first = mark / std::pow(10, std::floor(std::log10(mark) + 1e-9));
        return first < 1.5 ? mark * 2 : first < 3 ? mark * 2.5 : mark * 2;
    }
    static double above(double value) {
        const double mark = below(value);
        return value <= mark * 1.001 ? mark : next(mark);
    }

    bool is_log_;
    double low_, high_, from_, to_;
};

// Of what is above 0.
struct Extent {
    double least = 0, most = 0;
    void add(double value) {
        if (!(value > 0)) return;
        least = least > 0 ? std::min(least, value) : value;
        most = std::max(most, value);
    }
};

}  // namespace

std::string bar_chart(const std::vector<Bar>& bars, const std::string& unit) {
    constexpr double kRow = 34;
    double most = 0;
    for (const Bar& bar : bars) most = std::max({most, bar.high, bar.value, bar.ceiling.value_or(0)});
    if (bars.empty() || most <= 0) return "";
    const double scale = (kWidth - kLabel - kRight) / most;
    std::string content;
    for (size_t i = 0; i < bars.size(); ++i) {
        const Bar& bar = bars[i];
        const double y = 6 + kRow * static_cast<double>(i);
        content += words(kLabel - 8, y + 13, "end", bar.title);
        content += rectangle(kLabel, y, bar.value * scale, 16, "ours");
        if (bar.high > bar.low) {
            content += line(kLabel + bar.low * scale, y + 8, kLabel + bar.high * scale, y + 8, "spread");
        }
        if (bar.ceiling) content += rectangle(kLabel, y + 18, *bar.ceiling * scale, 6, "ceiling");
        const double end = std::max({bar.value, bar.high, 0.0}) * scale;
        content += words(kLabel + end + 6, y + 13, "start", short_number(bar.value) + " " + unit);
    }
    return svg(12 + kRow * static_cast<double>(bars.size()), "bars of " + unit, content);
}

std::string curve_chart(const std::vector<Curve>& curves, const std::string& x_title, const std::string& unit) {
    constexpr double kTop = 26, kBottom = 266, kLeft = 80, kEnd = kWidth - 20;
    Extent xs, ys;
    bool has_zero = false;
    for (const Curve& curve : curves) {
        for (const auto& [x, y] : curve.points) {
            if (x >= 0 && y > 0) xs.add(x), ys.add(y), has_zero |= x == 0;
        }
    }
    if (xs.most <= 0 || ys.most <= 0) return "";
    const Axis across(has_zero ? 0 : xs.least, xs.most, kLeft, kEnd), up(ys.least, ys.most, kBottom, kTop);
    std::string content;
    for (const double mark : across.marks()) {
        content += line(across.place(mark), kTop, across.place(mark), kBottom, "grid");
        content += words(across.place(mark), kBottom + 16, "middle", short_count(mark));
    }
    for (const double mark : up.marks()) {
        content += line(kLeft, up.place(mark), kEnd, up.place(mark), "grid");
        content += words(kLeft - 6, up.place(mark) + 4, "end", short_count(mark));
    }
    content += words((kLeft + kEnd) / 2, kBottom + 34, "middle", x_title);
    content += words(kLeft - 6, kTop - 14, "end", unit);
    for (size_t i = 0; i < curves.size(); ++i) {
        std::string path;
        for (const auto& [x, y] : curves[i].points) {
            if (!(x >= 0) || !(y > 0)) continue;
            path += fmt::format("{:.1f},{:.1f} ", across.place(x), up.place(y));
            content += fmt::format(
                "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}: {} {}</title></circle>\n",
                across.place(x), up.place(y), colour(i), short_number(x), short_number(y), escaped(unit));
        }
        content += fmt::format("<polyline points=\"{}\" class=\"curve\" stroke=\"{}\"{}/>\n", path, colour(i),
                               i ? " stroke-dasharray=\"6 4\"" : "");
        const double y = kBottom + 52 + 18 * static_cast<double>(i);
        content += fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"14\" height=\"4\" fill=\"{}\"/>\n", kLeft,
                               y - 6, colour(i));
        content += words(kLeft + 22, y, "start", curves[i].title);
    }
    return svg(kBottom + 56 + 18 * static_cast<double>(curves.size()), x_title, content);
}

std::string latency_chart(const std::vector<Distribution>& all) {
    constexpr double kRow = 26, kTop = 44;
    Extent extent;
    for (const Distribution& d : all) {
        for (const double v : {d.figures.p50, d.figures.p90, d.figures.p99, d.figures.p999, d.figures.max})
            extent.add(v);
    }
    if (extent.most <= 0) return "";
    const Axis axis(extent.least, extent.most, kLabel, kWidth - 30);
    const double bottom = kTop + kRow * static_cast<double>(all.size());
    std::string content = words(kLabel, 14, "start", "● p50, · p90, • p99, · p99.9, | max");
    for (const double mark : axis.marks()) {
        content += line(axis.place(mark), kTop - 4, axis.place(mark), bottom, "grid");
        content += words(axis.place(mark), 34, "middle", short_count(mark) + " us");
    }
    for (size_t i = 0; i < all.size(); ++i) {
        const LatencyFigures& f = all[i].figures;
        const double y = kTop + kRow * static_cast<double>(i) + 12;
        const auto at = [&axis, &extent](double v) { return axis.place(std::max(v, extent.least)); };
        content += words(kLabel - 8, y + 4, "end", all[i].title);
        const char* const style = all[i].is_ceiling ? "ceiling" : "ours";
        content += line(at(f.p50), y, at(f.max), y, style);
        content += line(at(f.max), y - 6, at(f.max), y + 6, style);
        const std::pair<double, double> marks[] = {{f.p50, 5}, {f.p90, 2.5}, {f.p99, 4}, {f.p999, 2.5}};
        for (const auto& [value, radius] : marks) {
            content += fmt::format(
                "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" class=\"{}\"><title>{} us</title></circle>\n",
                at(value), y, radius, style, short_number(value));
        }
    }
    return svg(bottom + 6, "latency percentiles", content);
}

}  // namespace leat::bench
