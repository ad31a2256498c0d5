// Counts messages and bytes, and measures sizes, ages and the time until settlement, for each value of a label.
//
// Names of the metrics: messages, bytes, failed, size, age, latency; with a label: messages{value} and so on.
#pragma once
#include <leat/sdk/flow/spread.hpp>
#include <leat/sdk/flow/token.hpp>
#include <leat/sdk/stage.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace leat::measure {

/// The template of a label; whether it says that nothing but the topic decides is_of_topic.
struct Label {
    Template text;
    bool is_of_topic = false;
};

/// Whether all that a template takes from a message is its topic: "${topic}", "${topic[1]}/x". False where that is
/// not plain to see.
inline bool is_of_topic(std::string_view written) {
    bool any = false;
    for (size_t at = written.find('$'); at != written.npos; at = written.find('$', at + 1)) {
        const std::string_view here = written.substr(at);
        if (!here.starts_with("${topic") || here.size() < 8) return false;
        if (here[7] != '}' && here[7] != '[' && here[7] != ':') return false;
        any = true;
    }
    return any;
}

}  // namespace leat::measure

namespace leat {
inline namespace v1 {
template <>
struct OptionType<measure::Label> {
    static constexpr uint32_t type = LEAT_TEMPLATE, element = 0;
    static measure::Label read(const leat_value& v, const leat_host* host) {
        return {OptionType<Template>::read(v, host), measure::is_of_topic(view(v.text))};
    }
    static std::string show(const measure::Label&) { return ""; }
};
}  // namespace v1
}  // namespace leat

namespace leat::measure {

class Measure : public Stage {
  public:
    Label label;
    uint64_t max_labels = 100;
    uint64_t every = 16;

    static auto options() {
        return leat::options(
            option<&Measure::label>("label",
                                    "Figures are kept for each value of this; by default there is one for all.")
                .example("\"${topic[0]}\""),
            option<&Measure::max_labels>(
                "max_labels", "The most values; further ones count as \"other\", missing ones as \"none\".")
                .range(1, 10000),
            option<&Measure::every>("every",
                                    "Times, ages and sizes are taken of one message of so many, eight in a row; all "
                                    "are counted.")
                .range(1, 1e9));
    }

    Measure();
    void open() override;
    void push(Batch& batch) override;  // hot: per batch
    void stop() override;

  private:
    struct Series {  // the metrics of one label
        leat_counter *messages, *bytes, *failed;
        leat_histogram *size, *age, *latency;
        uint64_t new_messages = 0, new_bytes = 0;  // of the batch in hand
    };
    struct Timed {
        leat_receipt receipt;
        int64_t begin_ns;
        Series* series;
    };
    struct Frame : leat_settler {
        Measure* owner;
    };

    // Neighbours stay together on their way back: a receipt of ours between others would cost a call of its own.
    static constexpr uint64_t kInARow = 8;

    struct Place {
        std::string key;
        Series* series = nullptr;
    };

    Series* series_of(const leat_message& message);
    std::string_view value_of(const leat_message& message);
    Series* keep(Place& place, std::string_view key, Series* series);
    Series* find_or_make(std::string_view value);
    Series* named(std::string_view value);
    std::unique_ptr<Series> make(std::string_view value) const;
    void count(Series& series, uint64_t messages, uint64_t bytes);
    void sample(leat_message& message, Series& series, int64_t now_ns, int64_t wall_ns);
    void settle(const leat_settlement* batch, size_t n);

    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    static constexpr size_t kPlaces = 256;
    static constexpr size_t kKnownBytes = 256;
    static constexpr size_t kKnownPerLabel = 4;  // values that become one label, the "other" ones among them

    std::unordered_map<std::string, std::unique_ptr<Series>> series_;        // by label
    std::unordered_map<std::string, Series*, Hash, std::equal_to<>> known_;  // by value, as it came
    std::array<Place, kPlaces> recent_;  // by topic where that alone decides, else by value: those that came last
    std::string name_;
    Series* last_ = nullptr;
    leat_bytes last_topic_ = kAbsent;  // the topic that last_ is of, in the batch in hand
    std::vector<Series*> touched_;
    uint64_t next_one_ = 0;   // how many messages pass before the next sample
    uint64_t row_ = kInARow;  // how many samples follow each other from there
    Slots<Timed> timed_;
    Frame frame_;
};

inline Measure::Measure() {
    frame_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Frame*>(s)->owner->settle(batch, n);
    };
    frame_.owner = this;
}

inline void Measure::open() {
    if (!label.text) last_ = find_or_make("");
}

inline std::unique_ptr<Measure::Series> Measure::make(std::string_view value) const {
    const leat_host& host = *services().host;
    leat_instance* me = services().me;
    const auto name = [&](const char* what) {
        return value.empty() ? std::string(what) : std::string(what) + "{" + std::string(value) + "}";
    };
    const auto counter = [&](const char* what, const char* description) {
        return host.counter(me, LEAT_COUNTER, name(what).c_str(), description);
    };
    const auto histogram = [&](const char* what, const char* description) {
        return host.histogram(me, name(what).c_str(), description);
    };
    auto made = std::make_unique<Series>();
    made->messages = counter("messages", "Messages that came by.");
    made->bytes = counter("bytes", "Bytes of their payloads.");
    made->failed = counter("failed", "Sampled messages that were not acknowledged by what follows.");
    made->size = histogram("size", "Bytes of a payload; sampled.");
    made->age = histogram("age", "From a message's timestamp to here; sampled.");
    made->latency = histogram("latency", "From here to the settlement; sampled.");
    return made;
}

inline Measure::Series* Measure::find_or_make(std::string_view value) {  // hot: per message
    if (const auto it = known_.find(value); it != known_.end()) return it->second;
    Series* series = named(value);
    const bool is_kept = value.size() <= kKnownBytes && known_.size() < kKnownPerLabel * max_labels;
    if (is_kept) known_.emplace(value, series);
    return series;
}

// Values are shown in names of metrics: short, and without what could disturb there.
inline Measure::Series* Measure::named(std::string_view value) {  // hot: per message, beyond max_labels
    name_ = value.substr(0, 64);
    for (char& c : name_) {
        const bool is_plain = c > ' ' && c < 0x7f && c != '{' && c != '}' && c != '"' && c != '\\';
        if (!is_plain) c = '_';
    }
    if (const auto it = series_.find(name_); it != series_.end()) return it->second.get();
    if (series_.size() >= max_labels) {
        name_ = "other";
        if (const auto it = series_.find(name_); it != series_.end()) return it->second.get();
    }
    return series_.emplace(name_, make(name_)).first->second.get();
}

inline Measure::Series* Measure::series_of(const leat_message& message) {  // hot: per message
    if (!label.text) return last_;
    if (!label.is_of_topic) {
        const std::string_view value = value_of(message);
        Place& place = recent_[spread(value) % kPlaces];
        if (place.series && place.key == value) return place.series;
        return keep(place, value, find_or_make(value));
    }
    // Neighbours of one topic mostly share its bytes, too.
    const bool is_same = message.topic.data == last_topic_.data && message.topic.size == last_topic_.size;
    if (is_same && last_) return last_;
    last_topic_ = message.topic;
    const std::string_view topic = view(message.topic);
    Place& place = recent_[spread(topic) % kPlaces];
    if (place.series && place.key == topic) return last_ = place.series;
    return last_ = keep(place, topic, find_or_make(value_of(message)));
}

inline std::string_view Measure::value_of(const leat_message& message) {  // hot: per message
    const Template::Result result = label.text(message);
    return !result.ok || result.text.size == 0 ? std::string_view("none") : view(result.text);
}

inline Measure::Series* Measure::keep(Place& place, std::string_view key, Series* series) {
    if (key.size() > kKnownBytes) return series;
    place.key = key;
    place.series = series;
    return series;
}

inline void Measure::push(Batch& batch) {
    size_t n = 0;
    leat_message* all = batch.all(n);
    const leat_host& host = *services().host;
    const bool has_sample = next_one_ < n;
    const int64_t now = has_sample ? host.now_ns() : 0, wall = has_sample ? host.wall_ns() : 0;
    if (label.text) last_ = nullptr;  // its topic's bytes are of the last batch
    Series* series = nullptr;
    uint64_t messages = 0, bytes = 0;  // of the series, in a row
    for (size_t i = 0; i < n; ++i) {   // hot: per message
        Series* const of = series_of(all[i]);
        if (of != series) {
            if (series) count(*series, messages, bytes);
            series = of;
            messages = bytes = 0;
        }
        ++messages;
        bytes += all[i].payload.size;
        if (i == next_one_) {
            sample(all[i], *series, now, wall);
            if (--row_ == 0) {
                row_ = kInARow;
                next_one_ += (every - 1) * kInARow;
            }
            ++next_one_;
        }
    }
    next_one_ -= n;
    if (series) count(*series, messages, bytes);
    for (Series* each : touched_) {
        host.counter_add(each->messages, each->new_messages);
        host.counter_add(each->bytes, each->new_bytes);
        each->new_messages = each->new_bytes = 0;
    }
    touched_.clear();
    pass(all, n);
}

inline void Measure::count(Series& series, uint64_t messages, uint64_t bytes) {
    if (series.new_messages == 0) touched_.push_back(&series);
    series.new_messages += messages;
    series.new_bytes += bytes;
}

inline void Measure::sample(leat_message& message, Series& series, int64_t now_ns, int64_t wall_ns) {
    const leat_host& host = *services().host;
    host.histogram_record(series.size, static_cast<int64_t>(message.payload.size), 1);
    if (message.timestamp_ns) host.histogram_record(series.age, wall_ns - message.timestamp_ns, 1);
    const auto [token, timed] = timed_.open();
    timed->receipt = message.receipt;
    timed->begin_ns = now_ns;
    timed->series = &series;
    message.receipt = {&frame_, token};
}

inline void Measure::settle(const leat_settlement* batch, size_t n) {
    const leat_host& host = *services().host;
    const int64_t now = host.now_ns();
    Settlements up;
    for (size_t i = 0; i < n; ++i) {
        const Timed* found = timed_.find(batch[i].token);
        if (!found) continue;  // stale
        const Timed timed = *found;
        timed_.remove(batch[i].token);
        host.histogram_record(timed.series->latency, now - timed.begin_ns, 1);
        if (batch[i].outcome != LEAT_ACK) host.counter_add(timed.series->failed, 1);
        up.settle(timed.receipt, batch[i].outcome, batch[i].code, batch[i].detail);
    }
}

inline void Measure::stop() {
    if (timed_.empty()) return stopped();
    services().after(
        std::chrono::milliseconds(1), [](void* self) { static_cast<Measure*>(self)->stop(); }, this);
}

}  // namespace leat::measure
