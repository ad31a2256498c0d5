#include "bench/report/chart.hpp"

#include "bench/report/html.hpp"
#include "bench/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace leat::bench {
namespace {

constexpr double kWidth = 520;

const char* side(bool is_ceiling) { return is_ceiling ? "ceiling" : "ours"; }

std::string svg(double height, const std::string& label, const std::string& content) {
    return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n", kWidth,
                       height, escaped(label), content);
}

std::string rectangle(double x, double y, double width, double height, const char* style) {
    return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\"/>\n", x, y,
                       std::max(width, 0.5), height, style);
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
    return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
                       y2, style);
}

std::string dot(double x, double y, double radius, const char* style, const std::string& hint) {
    return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" class=\"{}\"><title>{}</title></circle>\n", x, y,
                       radius, style, escaped(hint));
}

std::string words(double x, double y, const char* anchor, std::string_view text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(text));
}

// Values as places between two edges: logarithmic, or from 0 on where the least is 0.
class Axis {
  public:
    Axis(double least, double most, double from, double to) : low_(least), high_(most), from_(from), to_(to) {}

    // Logarithmic, ending at 1, 2 or 5 times a power of ten and over a factor of ten at least.
    static Axis round(double least, double most, double from, double to) {
        double low = below(least), high = above(most);
        while (high / low < 9.99) {
            high = next(high);
            if (high / low < 9.99) low = below(low * 0.999);
        }
        return {low, high, from, to};
    }
    double place(double value) const {
        const double part = low_ > 0 ? std::log(value / low_) / std::log(high_ / low_) : value / high_;
        return from_ + (to_ - from_) * part;
    }
    std::vector<double> marks() const {
        std::vector<double> all;
        const bool has_few = high_ / low_ <= 150;  // two powers of ten: their halves and fifths are marked, too
        double mark = low_;
        while (mark <= high_ * 1.001) {
            const bool is_power = std::abs(std::log10(mark) - std::round(std::log10(mark))) < 1e-6;
            if (has_few || is_power) all.push_back(mark);
            mark = next(mark);
        }
        return all;
    }

  private:
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

std::string range_text(const Spread& s, const std::string& unit) {
    return fmt::format("{} {} ({}–{})", short_number(s.value), unit, short_number(s.low), short_number(s.high));
}

std::string one_curve(const Curve& curve, const Axis& across, const Axis& up, const std::string& unit) {
    const char* const style = side(curve.is_ceiling);
    std::string path, marks;
    for (const auto& [x, y] : curve.points) {
        if (!(x >= 0) || !(y.value > 0)) continue;
        path += fmt::format("{:.1f},{:.1f} ", across.place(x), up.place(y.value));
        if (y.high > y.low && y.low > 0) {
            marks += line(across.place(x), up.place(y.low), across.place(x), up.place(y.high),
                          std::string("range ") + style);
        }
        marks += dot(across.place(x), up.place(y.value), 3, style, short_count(x) + ": " + range_text(y, unit));
    }
    return fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", path, style) + marks;
}

// Where the points are, as far as there is room for the numbers.
std::string marks_across(const std::set<double>& xs, const Axis& across, double top, double bottom) {
    constexpr double kRoom = 46;
    std::string content;
    double last = -kRoom;
    for (const double x : xs) {
        const double at = across.place(x);
        content += line(at, top, at, bottom, "grid");
        if (at - last < kRoom) continue;
        content += words(at, bottom + 16, "middle", short_count(x));
        last = at;
    }
    return content;
}

// One distribution on its line.
std::string percentiles(const LatencyFigures& f, const Axis& axis, double least, double y, bool is_ceiling) {
    const auto at = [&axis, least](double us) { return axis.place(std::max(us, least)); };
    const std::string style = side(is_ceiling);
    std::string content = line(at(f.p50), y, at(f.max), y, style) + line(at(f.max), y - 5, at(f.max), y + 5, style);
    content += line(at(f.p999), y - 3, at(f.p999), y + 3, style);
    content += line(at(f.p50), y, at(f.p99), y, "thick " + style);
    return content +
           dot(at(f.p50), y, 4.5, side(is_ceiling),
               fmt::format("p50 {}, p90 {}, p99 {}, p99.9 {}, longest {} us", short_number(f.p50),
                           short_number(f.p90), short_number(f.p99), short_number(f.p999), short_number(f.max)));
}

}  // namespace

std::string bar_chart(const std::vector<Bar>& bars, const std::string& unit, const std::string& label) {
    constexpr double kRow = 42, kRight = 100;
    double most = 0;
    for (const Bar& bar : bars) {
        most = std::max({most, bar.ours.high, bar.ours.value});
        if (bar.ceiling) most = std::max({most, bar.ceiling->value, bar.ceiling->high});
    }
    if (bars.empty() || most <= 0) return "";
    const double scale = (kWidth - kRight) / most;
    std::string content;
    for (size_t i = 0; i < bars.size(); ++i) {
        const auto& [title, ours, ceiling] = bars[i];
        const double y = kRow * static_cast<double>(i);
        content += words(0, y + 13, "start", title);
        content += rectangle(0, y + 18, ours.value * scale, 11, "ours");
        if (ours.high > ours.low) content += line(ours.low * scale, y + 23.5, ours.high * scale, y + 23.5, "spread");
        if (ceiling) content += rectangle(0, y + 30, ceiling->value * scale, 5, "ceiling");
        if (ceiling && ceiling->high > ceiling->low) {
            content += line(ceiling->low * scale, y + 32.5, ceiling->high * scale, y + 32.5, "spread");
        }
        const double end = std::max({ours.value, ours.high, 0.0}) * scale;
        content += words(end + 6, y + 28, "start", short_number(ours.value) + " " + unit);
    }
    return svg(kRow * static_cast<double>(bars.size()), label, content);
}

std::string curve_chart(const std::vector<Curve>& curves, const std::string& x_title, const std::string& unit,
                        const std::string& label) {
    constexpr double kTop = 20, kBottom = 212, kLeft = 60, kEnd = kWidth - 24;
    Extent xs, ys;
    std::set<double> all;
    for (const Curve& curve : curves) {
        for (const auto& [x, y] : curve.points) {
            if (!(x >= 0) || !(y.value > 0)) continue;
            xs.add(x), ys.add(y.value), ys.add(y.low), ys.add(y.high);
            all.insert(x);
        }
    }
    if (xs.most <= 0 || ys.most <= 0) return "";
    const double first = *all.begin(), last = first == xs.most ? first * 10 : xs.most;  // one point alone
    const Axis across(first, last, kLeft, kEnd), up = Axis::round(ys.least, ys.most, kBottom, kTop);
    std::string content = marks_across(all, across, kTop, kBottom);
    for (const double mark : up.marks()) {
        content += line(kLeft, up.place(mark), kEnd, up.place(mark), "grid");
        content += words(kLeft - 6, up.place(mark) + 4, "end", short_count(mark));
    }
    content += words((kLeft + kEnd) / 2, kBottom + 34, "middle", x_title);
    content += words(0, 10, "start", unit);
    for (const Curve& curve : curves) content += one_curve(curve, across, up, unit);
    return svg(kBottom + 40, label, content);
}

std::string latency_chart(const std::vector<Distribution>& all, const std::string& label) {
    constexpr double kRow = 46, kTop = 26, kEdge = 24;
    Extent extent;
    const auto add = [&extent](const LatencyFigures& f) {
        for (const double us : {f.p50, f.p90, f.p99, f.p999, f.max}) extent.add(us);
    };
    for (const Distribution& d : all) {
        add(d.ours);
        if (d.ceiling) add(*d.ceiling);
    }
    if (extent.most <= 0) return "";
    const Axis axis = Axis::round(extent.least, extent.most, kEdge, kWidth - kEdge);
    const double bottom = kTop + kRow * static_cast<double>(all.size());
    std::string content;
    for (const double mark : axis.marks()) {
        content += line(axis.place(mark), kTop - 6, axis.place(mark), bottom, "grid");
        content += words(axis.place(mark), 14, "middle", short_count(mark));
    }
    for (size_t i = 0; i < all.size(); ++i) {
        const double y = kTop + kRow * static_cast<double>(i);
        content += words(0, y + 10, "start", all[i].title);
        content += percentiles(all[i].ours, axis, extent.least, y + 20, false);
        if (all[i].ceiling) content += percentiles(*all[i].ceiling, axis, extent.least, y + 33, true);
    }
    return svg(bottom, label, content);
}

}  // namespace leat::bench
