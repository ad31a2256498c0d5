#include "time.hpp"

#include <chrono>
#include <cstdio>

namespace leat::envelope {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Digits one after the other.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : left_(text) {}
    bool is_at_end() const { return left_.empty(); }
    bool skip(char c) {
        if (left_.empty() || left_[0] != c) return false;
        return left_.remove_prefix(1), true;
    }
    char next() {
        const char c = left_.empty() ? '\0' : left_[0];
        if (c) left_.remove_prefix(1);
        return c;
    }
    /// Exactly n digits, as a number from low to high.
    bool number(int n, int low, int high, int& into) {
        into = 0;
        for (; n > 0; --n) {
            const char c = next();
            if (c < '0' || c > '9') return false;
            into = into * 10 + (c - '0');
        }
        return into >= low && into <= high;
    }
    /// Up to nine digits, as ns.
    bool fraction(int64_t& into) {
        int64_t unit = kSecond;
        into = 0;
        while (!left_.empty() && left_[0] >= '0' && left_[0] <= '9') {
            unit /= 10;
            if (unit == 0) return false;
            into += unit * (next() - '0');
        }
        return unit != kSecond;
    }

  private:
    std::string_view left_;
};

}  // namespace

std::string show_time(int64_t ns) {
    using namespace std::chrono;
    int64_t second = ns / kSecond, rest = ns % kSecond;
    if (rest < 0) rest += kSecond, --second;
    const sys_seconds at{seconds(second)};
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss time(at - day);
    char text[48];
    const int n =
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(rest));
    return {text, static_cast<size_t>(n)};
}

std::optional<int64_t> read_time(std::string_view text) {
    using namespace std::chrono;
    Cursor at(text);
    int y = 0, m = 0, d = 0, h = 0, min = 0, s = 0;
    int64_t fraction = 0;
    const bool is_date = at.number(4, 1600, 2400, y) && at.skip('-') && at.number(2, 1, 12, m) && at.skip('-') &&
                         at.number(2, 1, 31, d) && (at.skip('T') || at.skip('t') || at.skip(' '));
    const bool is_time = is_date && at.number(2, 0, 23, h) && at.skip(':') && at.number(2, 0, 59, min) &&
                         at.skip(':') && at.number(2, 0, 60, s);  // 60: a leap second
    if (!is_time || (at.skip('.') && !at.fraction(fraction))) return std::nullopt;
    int offset = 0;
    if (const char zone = at.next(); zone == '+' || zone == '-') {
        int zone_h = 0, zone_min = 0;
        if (!at.number(2, 0, 23, zone_h) || !at.skip(':') || !at.number(2, 0, 59, zone_min)) return std::nullopt;
        offset = (zone_h * 60 + zone_min) * (zone == '+' ? 60 : -60);
    } else if (zone != 'Z' && zone != 'z') {
        return std::nullopt;
    }
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!at.is_at_end() || !date.ok()) return std::nullopt;
    const int64_t second =
        sys_days(date).time_since_epoch().count() * int64_t{86400} + h * 3600 + min * 60 + s - offset;
    int64_t ns = 0;
    if (__builtin_mul_overflow(second, kSecond, &ns) || __builtin_add_overflow(ns, fraction, &ns))
        return std::nullopt;
    return ns;
}

}  // namespace leat::envelope
