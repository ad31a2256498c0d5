// A stage against a model that looks at one message at a time: whatever the sizes of the batches, the same comes out.
//
//     StageModel<Upper> test([](Upper& stage, StageRig& rig) { stage.topic = rig.fill_in("new/${key}"); });
//     test.check([](Plain m) {                    // stage and model see the same messages, in random batches
//         if (m.payload == "bad") return rejected("payload");          // the reason contains this
//         if (m.payload == "") return dropped();
//         m.topic = "new/" + *m.key;
//         return passed(m);                       // passed({a, b}): several for one
//     }, messages);
//
// What is asserted: all that goes below, field by field and in order of its lane; who is given back and why; that
// what stands behind a refused message on an ordered route is handed back untouched; that each receipt is settled
// once, with the worst outcome of what was made of it; that no buffer stays. StageRig alone is for tests of single
// steps.
#pragma once

#include <doctest/doctest.h>
#include <leat/sdk/stage.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/stepped_host.hpp"

namespace leat::test {

/** A message as plain data: what a test writes down and compares. */
struct Plain {
    using Text = std::optional<std::string>;  // nothing: absent, which is not empty
    std::string topic = "t";
    Text key = "k";
    Text payload = "";
    std::vector<std::pair<std::string, Text>> headers = {};
    uint32_t lane = 0;
    int64_t timestamp_ns = 0;
    uint32_t flags = 0;

    bool operator==(const Plain&) const = default;
    Text header(std::string_view name) const {
        for (const auto& [each, value] : headers) {
            if (each == name) return value;
        }
        return std::nullopt;
    }
    /** Replaces the header of that name, or adds it. */
    void set_header(std::string_view name, std::string_view value) {
        for (auto& [each, old] : headers) {
            if (each == name) return void(old = value);
        }
        headers.emplace_back(name, value);
    }
};

inline Plain::Text text_of(leat_bytes b) { return b.data ? Plain::Text(view(b)) : std::nullopt; }

inline Plain plain(const leat_message& m) {
    Plain p{std::string(view(m.topic)), text_of(m.key), text_of(m.payload), {}, m.lane, m.timestamp_ns, m.flags};
    for (uint32_t i = 0; i < m.header_count; ++i) {
        p.headers.emplace_back(view(m.headers[i].name), text_of(m.headers[i].value));
    }
    return p;
}

inline doctest::String toString(const Plain& p) {
    const auto show = [](const Plain::Text& t) { return t ? '"' + *t + '"' : std::string("absent"); };
    std::string out = "{" + p.topic + " key " + show(p.key) + " payload " + show(p.payload);
    for (const auto& [name, value] : p.headers) out += " " + name + "=" + show(value);
    out += " lane " + std::to_string(p.lane) + " flags " + std::to_string(p.flags) + "}";
    return out.c_str();
}

/** What becomes of one message, by the model. */
struct Fate {
    uint32_t outcome = LEAT_ACK;  ///< LEAT_REJECT, LEAT_RETRY: given back
    std::vector<Plain> out = {};  ///< with LEAT_ACK; none: dropped
    std::string why = {};         ///< what the reason must contain
};
inline Fate passed(Plain one) { return {LEAT_ACK, {std::move(one)}, {}}; }
inline Fate passed(std::vector<Plain> several) { return {LEAT_ACK, std::move(several), {}}; }
inline Fate dropped() { return {}; }
inline Fate rejected(std::string why = "") { return {LEAT_REJECT, {}, std::move(why)}; }
inline Fate to_retry(std::string why = "") { return {LEAT_RETRY, {}, std::move(why)}; }

/** The host around one stage: SteppedHost with templates of several placeholders, conditions and metrics. */
class StageRig {
  public:
    explicit StageRig(uint32_t identity_flags = 0) : me(*this) {
        me.identity.flags = identity_flags;
        me.identity.role = LEAT_ROLE_STAGE;
        me.identity.step = "stage";
        fill();
    }
    StageRig(const StageRig&) = delete;
    StageRig& operator=(const StageRig&) = delete;
    ~StageRig() {
        if (stage_) stop();
    }

    /** Makes, opens and starts the stage; what it throws in open() comes out. */
    template <class T, class Configure>
    T& make(Configure&& configure) {
        auto made = std::make_unique<T>();
        made->attach({{&table_, me}, &me.identity});
        configure(*made, *this);
        made->open();
        T& stage = *made;
        stage_ = std::move(made);
        stage_->c()->start(stage_->c(), &below);
        host.run();
        return stage;
    }
    /** A template option: text with ${topic}, ${key}, ${payload}, ${header:name} anywhere. */
    Template fill_in(std::string text) {
        templates_.push_back(std::make_unique<SteppedTemplate>(SteppedTemplate{std::move(text)}));
        return Template(&table_, *templates_.back(), templates_.back()->text);
    }
    using Holds = std::function<Condition::Answer(const leat_message&)>;
    /** A condition option. */
    Condition condition(Holds holds) {
        conditions_.push_back(std::make_unique<Holds>(std::move(holds)));
        return Condition(&table_, reinterpret_cast<const leat_condition*>(conditions_.back().get()));
    }

    /** Pushes messages as one batch (at most LEAT_BATCH_MAX); their receipts are told's, tokens from `first_token`.
     */
    void push(const std::vector<Plain>& messages, uint64_t first_token = 0);
    void push(std::vector<leat_message> batch) {
        leat_inlet* inlet = stage_->c()->inlet;
        inlet->push(inlet, batch.data(), batch.size());
    }
    leat_message make_message(const Plain& p, uint64_t token);
    void signal(uint32_t what, uint64_t arg = 0) {
        stage_->c()->inlet->signal(stage_->c()->inlet, what, arg);
        host.run();
    }
    /** Stops the stage as a route does: what is below is abandoned first. Then destroys it. */
    void stop() {
        below.settle_all(LEAT_ABANDON);
        stage_->c()->stop(stage_->c());
        for (int i = 0; i < 1000 && !me.stopped; ++i) host.advance(std::chrono::seconds(1));
        CHECK(me.stopped);
        host.run();
        stage_->c()->destroy(stage_.release()->c());
    }
    /** All that went below, as plain data. Only while it is not settled. */
    std::vector<Plain> out() const {
        std::vector<Plain> all;
        for (size_t i = 0; i < below.messages.size(); ++i) all.push_back(plain(below.messages[i]));
        return all;
    }

    SteppedHost host;
    struct Metrics : Instance {
        explicit Metrics(StageRig& rig) : Instance(rig.host) {}
        std::map<std::string, uint64_t> counters;  ///< by name; gauges too
        std::map<std::string, std::vector<int64_t>> histograms;
    } me;
    Told told;
    Collector below;

  private:
    static uint32_t render(const leat_template* what, const leat_message* m, leat_text* scratch, leat_bytes* out);
    void fill();

    leat_host table_{};
    std::vector<std::unique_ptr<SteppedTemplate>> templates_;
    std::vector<std::unique_ptr<Holds>> conditions_;
    std::unique_ptr<Stage> stage_;
};

/** Compares a stage with a model. `T` is the stage, `configure(T&, StageRig&)` sets its options. */
template <class T>
class StageModel {
  public:
    using Configure = std::function<void(T&, StageRig&)>;
    using Model = std::function<Fate(const Plain&)>;
    explicit StageModel(Configure configure) : configure_(std::move(configure)) {}

    /** The model forgets nothing from message to message (or the order between lanes does not matter to it): then
     * also as on an ordered route. Otherwise set false. */
    bool also_ordered = true;
    int rounds = 6;  ///< each with batch sizes and answers of its own

    void check(const Model& model, const std::vector<Plain>& messages) {
        const uint32_t seed = std::random_device{}();
        CAPTURE(seed);
        for (int round = 0; round < rounds; ++round) {
            std::mt19937 random(seed + static_cast<uint32_t>(round));
            run(model, messages, random, also_ordered && round % 2 ? LEAT_IDENTITY_ORDERED : 0);
        }
    }

  private:
    struct Expected {
        size_t input;
        Plain message;
    };
    void run(const Model& model, const std::vector<Plain>& messages, std::mt19937& random, uint32_t flags);
    void push_all(StageRig& rig, const std::vector<Plain>& messages, std::mt19937& random,
                  std::vector<size_t>& refused);
    static void compare_failure(const StageRig::Metrics::Failure& failure, const std::vector<Plain>& messages,
                                const std::vector<Fate>& fates);

    Configure configure_;
};

// ---------------------------------------------------------------------------------------------------------------

inline leat_message StageRig::make_message(const Plain& p, uint64_t token) {
    size_t size = p.topic.size() + (p.key ? p.key->size() : 0) + (p.payload ? p.payload->size() : 0);
    for (const auto& [name, value] : p.headers) size += name.size() + (value ? value->size() : 0);
    void* data = nullptr;
    leat_message m{};
    m.buffer = table_.buffer_new(me, p.headers.size() * sizeof(leat_header) + size + 1, &data);
    auto* headers = static_cast<leat_header*>(data);
    char* at = reinterpret_cast<char*>(headers + p.headers.size());
    const auto put = [&at](const Plain::Text& s) {
        if (!s) return kAbsent;
        const leat_bytes placed{at, s->size()};
        at = std::copy(s->begin(), s->end(), at);
        return placed;
    };
    m.topic = put(p.topic);
    m.key = put(p.key);
    m.payload = put(p.payload);
    for (const auto& [name, value] : p.headers) {
        const leat_bytes placed = put(name);
        headers[m.header_count++] = {placed, put(value)};
    }
    m.headers = m.header_count ? headers : nullptr;
    m.lane = p.lane;
    m.timestamp_ns = p.timestamp_ns;
    m.flags = p.flags;
    m.receipt = {&told, token};
    return m;
}

inline void StageRig::push(const std::vector<Plain>& messages, uint64_t first_token) {
    std::vector<leat_message> batch;
    for (const Plain& p : messages) batch.push_back(make_message(p, first_token++));
    push(std::move(batch));
}

inline uint32_t StageRig::render(const leat_template* what, const leat_message* m, leat_text* scratch,
                                 leat_bytes* out) {
    const std::string& text = reinterpret_cast<const SteppedTemplate*>(what)->text;
    if (text == "${topic}") return *out = m->topic, 1;  // one field alone is not copied, as in the host
    std::string filled;
    for (size_t at = 0; at < text.size();) {
        const size_t open = std::min(text.find("${", at), text.size());
        filled.append(text, at, open - at);
        if (open == text.size()) break;
        const size_t close = text.find('}', open);
        const std::string name = text.substr(open + 2, close - open - 2);
        const leat_bytes value = name == "topic"     ? m->topic
                                 : name == "key"     ? m->key
                                 : name == "payload" ? m->payload
                                                     : find_header(*m, name.substr(7)).value_or(kAbsent);
        if (!value.data) {
            static const std::string why = "a value is missing";
            return *out = bytes(why), 0;
        }
        filled += view(value);
        at = close + 1;
    }
    auto* grown = static_cast<char*>(std::realloc(scratch->data, filled.size() + 1));
    std::copy(filled.begin(), filled.end(), grown);
    *scratch = {grown, filled.size(), filled.size() + 1};
    *out = {scratch->data, scratch->size};
    return 1;
}

inline void StageRig::fill() {
    table_ = *host.table();
    table_.render = render;
    table_.holds = [](const leat_condition* what, const leat_message* m, leat_text*, leat_bytes* out) {
        *out = bytes("it cannot be told");
        return static_cast<uint32_t>((*reinterpret_cast<const Holds*>(what))(*m));
    };
    table_.counter = [](leat_instance* of, uint32_t, const char* name, const char*) {
        return reinterpret_cast<leat_counter*>(&static_cast<Metrics&>(Instance::of(of)).counters[name]);
    };
    table_.counter_add = [](leat_counter* c, uint64_t n) { *reinterpret_cast<uint64_t*>(c) += n; };
    table_.counter_set = [](leat_counter* c, uint64_t n) { *reinterpret_cast<uint64_t*>(c) = n; };
    table_.histogram = [](leat_instance* of, const char* name, const char*) {
        return reinterpret_cast<leat_histogram*>(&static_cast<Metrics&>(Instance::of(of)).histograms[name]);
    };
    table_.histogram_record = [](leat_histogram* h, int64_t ns, uint64_t times) {
        auto& all = *reinterpret_cast<std::vector<int64_t>*>(h);
        all.insert(all.end(), times, ns);
    };
}

// Batches of random sizes. What is handed back behind a refused message comes again when that one has ended, before
// anything newer of its lane, as the gate of a route does it.
template <class T>
void StageModel<T>::push_all(StageRig& rig, const std::vector<Plain>& messages, std::mt19937& random,
                             std::vector<size_t>& refused) {
    const size_t most = std::vector<size_t>{1, 5, 40, LEAT_BATCH_MAX}[random() % 4];
    std::vector<leat_message> again;
    for (size_t next = 0; next < messages.size() || !again.empty();) {
        std::vector<leat_message> batch = std::move(again);
        again.clear();
        const size_t n = batch.empty() ? random() % most + 1 : 0;
        for (size_t i = 0; i < n && next < messages.size(); ++i, ++next) {
            batch.push_back(rig.make_message(messages[next], next));
        }
        const size_t seen = rig.me.failures.size();
        rig.push(std::move(batch));
        if (random() % 4 == 0) rig.host.advance(std::chrono::milliseconds(random() % 3));
        for (size_t i = seen; i < rig.me.failures.size(); ++i) {
            const auto& failure = rig.me.failures[i];
            if (failure.code == LEAT_HELD) {
                again.push_back(failure.message);
            } else {
                refused.push_back(i);
            }
        }
    }
    rig.signal(LEAT_SIGNAL_FLUSH);
    for (int i = 0; i < 100; ++i) rig.host.advance(std::chrono::minutes(1));
}

template <class T>
void StageModel<T>::compare_failure(const StageRig::Metrics::Failure& failure, const std::vector<Plain>& messages,
                                    const std::vector<Fate>& fates) {
    const size_t input = failure.message.receipt.token;
    CAPTURE(input);
    CAPTURE(messages[input]);
    CHECK(failure.outcome == fates[input].outcome);
    CHECK(plain(failure.message) == messages[input]);  // as it was received
    CAPTURE(failure.reason);
    CHECK(failure.reason.find(fates[input].why) != std::string::npos);
    CHECK_FALSE(failure.reason.empty());
}

template <class T>
void StageModel<T>::run(const Model& model, const std::vector<Plain>& messages, std::mt19937& random,
                        uint32_t flags) {
    std::vector<Fate> fates;
    for (const Plain& m : messages) fates.push_back(model(m));
    StageRig rig(flags);
    rig.make<T>(configure_);
    std::vector<size_t> refused;
    push_all(rig, messages, random, refused);

    std::map<uint32_t, std::vector<Expected>> lanes;
    std::vector<uint32_t> outcome(messages.size(), LEAT_ACK);
    size_t to_refuse = 0, to_pass = 0;
    for (size_t i = 0; i < messages.size(); ++i) {
        if (fates[i].outcome != LEAT_ACK) ++to_refuse, outcome[i] = LEAT_REJECT;
        for (const Plain& p : fates[i].out) lanes[p.lane].push_back({i, p}), ++to_pass;
    }
    REQUIRE(rig.below.messages.size() == to_pass);
    REQUIRE(refused.size() == to_refuse);
    for (size_t f : refused) {
        compare_failure(rig.me.failures[f], messages, fates);
        rig.me.settle(f, LEAT_REJECT);
    }
    std::map<uint32_t, size_t> position;
    std::vector<uint32_t> answers;
    for (size_t i = 0; i < to_pass; ++i) {
        const Plain got = plain(rig.below.messages[i]);
        const size_t at = position[got.lane]++;
        REQUIRE(at < lanes[got.lane].size());
        const Expected& expected = lanes[got.lane][at];
        CAPTURE(expected.input);
        REQUIRE(got == expected.message);
        answers.push_back(static_cast<uint32_t>(random() % 3));  // ack, reject, retry: rising, as in a join
        outcome[expected.input] = std::max(outcome[expected.input], answers.back());
    }
    std::vector<size_t> order(to_pass);
    for (size_t i = 0; i < to_pass; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (size_t i : order) rig.below.settle(i, answers[i]);
    rig.host.run();

    std::vector<int> times(messages.size());
    for (const Told::One& one : rig.told.all) {
        CAPTURE(one.token);
        CHECK(++times[one.token] == 1);
        CHECK(one.outcome == outcome[one.token]);
        if (fates[one.token].outcome == LEAT_ACK && fates[one.token].out.empty()) CHECK(one.code == LEAT_DROPPED);
    }
    CHECK(rig.told.all.size() == messages.size());
    rig.stop();
    CHECK(rig.host.live_buffers == 0);
}

}  // namespace leat::test
