#include "route/route.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace leat::route {
namespace {

using std::chrono::steady_clock;

constexpr auto kStopPatience = std::chrono::seconds(10);
constexpr auto kDrainPoll = std::chrono::milliseconds(2);

std::string seconds_text(std::chrono::nanoseconds duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(duration.count()) / 1e9);
    return text;
}

bool is_network_role(uint32_t role) {
    return role == LEAT_ROLE_SOURCE || role == LEAT_ROLE_SINK || role == LEAT_ROLE_DEAD_LETTER ||
           role == LEAT_ROLE_PART;
}

}  // namespace

const char* word(RouteState state) {
    switch (state) {
        case RouteState::starting:
            return "starting";
        case RouteState::running:
            return "running";
        case RouteState::waiting:
            return "waiting";
        case RouteState::draining:
            return "draining";
        case RouteState::stopped:
            return "stopped";
        default:
            return "failed";
    }
}

Route::Route(const RoutePlan& plan, Makers& makers, Parts& parts, runtime::Shard& shard, runtime::Log log)
    : plan_(plan), makers_(makers), parts_(parts), shard_(shard), log_(std::move(log)) {}

Route::~Route() { shard_.timers().cancel_all(this); }

void Route::build() {
    const std::string error = wire(plan_, makers_, parts_, *this, chain_);
    was_built_ = error.empty();
    watch_states();
    if (!was_built_) stop_with("cannot be built: " + error);
}

void Route::start() {
    if (!was_built_ || !failure_.empty() || phase_ != Phase::running) return;
    chain_.source->start(chain_.top);
    refresh_state();
}

void Route::watch_states() {
    const auto told = [this](leat_instance& instance) { on_state(instance); };
    for (auto& sink : chain_.sinks) sink->on_state = told;
    for (auto& stage : chain_.stages) stage->on_state = told;
    if (chain_.source) chain_.source->on_state = told;
    for (const std::string& part : chain_.parts) parts_.watch(part, this, told);
    // What was said while it was wired:
    const auto look = [this](leat_instance& instance) {
        if (instance.state.kind == LEAT_STATE_FAILED) return stop_with(instance.label + ": " + instance.state.why);
        tell_once(instance);
    };
    for (auto& sink : chain_.sinks) look(*sink);
    for (auto& stage : chain_.stages) look(*stage);
    for (const std::string& part : chain_.parts) {
        if (leat_instance* instance = parts_.find(part)) look(*instance);
    }
}

void Route::on_state(leat_instance& instance) {
    if (instance.state.kind == LEAT_STATE_FAILED) return stop_with(instance.label + ": " + instance.state.why);
    tell_once(instance);
    refresh_state();
}

// One line when a connection is lost and one when it is back, not one for each attempt.
void Route::tell_once(leat_instance& instance) {
    const runtime::State& s = instance.state;
    if (s.kind == LEAT_STATE_CONNECTING || phase_ != Phase::running) return;
    uint32_t& told = told_.try_emplace(&instance, LEAT_STATE_UP).first->second;
    if (told == s.kind) return;
    told = s.kind;
    if (instance.identity->c.role == LEAT_ROLE_PART && plan_.replica > 0) return;
    if (s.kind == LEAT_STATE_DOWN) {
        log_(LEAT_LOG_WARNING, instance.label,
             s.why + (s.next_attempt.count() > 0 ? "; next attempt in " + seconds_text(s.next_attempt) : ""));
    } else {
        log_(LEAT_LOG_INFO, instance.label, "is back" + (s.why.empty() ? "" : ": " + s.why));
    }
}

void Route::refresh_state() {
    if (phase_ != Phase::running || !was_built_ || !failure_.empty()) return;
    const leat_instance* down = nullptr;
    const leat_instance* connecting = nullptr;
    const auto look = [&](const leat_instance* i) {
        if (!is_network_role(i->identity->c.role)) return;
        if (i->state.kind == LEAT_STATE_DOWN && !down) down = i;
        if (i->state.kind == LEAT_STATE_CONNECTING && !connecting) connecting = i;
    };
    look(chain_.source.get());
    for (const auto& sink : chain_.sinks) look(sink.get());
    for (const std::string& part : chain_.parts) {
        if (const leat_instance* instance = parts_.find(part)) look(instance);
    }
    const auto reason = [](const leat_instance* i) { return i->label + ": " + i->state.why; };
    if (down) {
        set_state(RouteState::waiting, reason(down));
    } else if (connecting) {
        set_state(state_ == RouteState::starting ? RouteState::starting : RouteState::waiting, reason(connecting));
    } else {
        set_state(RouteState::running, "");
    }
}

void Route::set_state(RouteState state, std::string why) {
    if (state_ != state) since_ = steady_clock::now();
    state_ = state;
    why_ = std::move(why);
}

void Route::log(uint32_t level, const std::string& text) { log_(level, "route " + plan_.name, text); }

void Route::stop_with(const std::string& reason) {
    if (!failure_.empty()) return;
    failure_ = reason;
    log(LEAT_LOG_ERROR, "stops: " + reason);
    set_state(RouteState::failed, reason);
    shard_.timers().start(
        std::chrono::nanoseconds(0),
        [this] {
            chain_.abandon_all();  // what waits behind the cause would only wait for the drain to end
            drain([] {});
        },
        this);
}

void Route::drain(std::function<void()> done) {
    if (phase_ == Phase::gone) return done();
    done_.push_back(std::move(done));
    if (phase_ != Phase::running) return;
    phase_ = Phase::settling;
    if (failure_.empty()) set_state(RouteState::draining, "waits for what is in flight");
    deadline_ = steady_clock::now() + plan_.drain_timeout;
    if (chain_.source && chain_.source->is_running()) chain_.source->component->hold(chain_.source->component);
    settle_down();
}

void Route::settle_down() {
    const bool in_time = steady_clock::now() < deadline_;
    if (!chain_.is_idle() && in_time && chain_.source && chain_.source->is_running()) {
        shard_.timers().start(
            kDrainPoll, [this] { settle_down(); }, this);
        return;
    }
    if (!chain_.is_idle()) {
        const Ledger ledger(chain_.flow());
        log(LEAT_LOG_WARNING, "drain_timeout is over with " + std::to_string(ledger.in_flight) +
                                  " in flight; they stay unacknowledged and will come again" + left_below());
    }
    chain_.abandon_all();
    stop_sinks();
}

// What the source has been told of already, and what is lost with the stop.
std::string Route::left_below() const {
    uint64_t queued = 0;
    for (const auto& queue : chain_.best_efforts) queued += queue->queued();
    std::string text;
    if (queued) text += "; " + std::to_string(queued) + " queued for best-effort branches are dropped";
    if (chain_.manual && !chain_.manual->is_idle()) {
        text += "; " + std::to_string(chain_.manual->unfinished()) +
                " are unfinished below a stage that settles by hand, which may have acknowledged them";
    }
    return text;
}

// Asks an instance to stop and goes on when it has, or when patience ends: then it is leaked, never freed under its
// feet.
void Route::await_stop(leat_instance& instance, std::function<void()> then) {
    if (!instance.is_running()) return then();
    const auto go_on = std::make_shared<std::function<void()>>(std::move(then));
    const uint64_t timer = shard_.timers().start(
        kStopPatience,
        [this, go_on, who = &instance] {
            log(LEAT_LOG_ERROR, who->label + " does not stop; it is left alone until the process ends");
            has_leaked_ = true;
            who->on_stopped = nullptr;
            std::exchange(*go_on, nullptr)();
        },
        this);
    instance.on_stopped = [this, go_on, timer](leat_instance&) {
        shard_.timers().cancel(timer);
        if (*go_on) std::exchange(*go_on, nullptr)();
    };
    instance.stop();
}

void Route::stop_sinks() {
    phase_ = Phase::sinks;
    waiting_for_ = chain_.sinks.size() + 1;
    const auto one_less = [this] {
        if (--waiting_for_ == 0) stop_next_stage();
    };
    for (auto& sink : chain_.sinks) await_stop(*sink, one_less);
    one_less();
}

// Upwards: the lowest that still runs.
void Route::stop_next_stage() {
    phase_ = Phase::stages;
    for (auto& stage : chain_.stages) {
        if (stage->is_running() && !left_alone_.contains(stage.get())) {
            left_alone_.insert(stage.get());
            return await_stop(*stage, [this] { stop_next_stage(); });
        }
    }
    stop_source();
}

void Route::stop_source() {
    phase_ = Phase::source;
    const auto go_on = [this] { shard_.post([this] { take_down(); }); };  // behind the posts that plugins queued
    if (!chain_.source) return go_on();
    await_stop(*chain_.source, go_on);
}

// Everything has stopped: the last look, then the instances go, and after them what they were wired with.
void Route::take_down() {
    const Ledger ledger(chain_.flow());
    if (!ledger.balances() || (ledger.in_flight != 0 && !has_leaked_)) {
        log(LEAT_LOG_ERROR, "the ledger does not balance: " + ledger.text() + ". Please report this as a defect");
    }
    if (!has_leaked_) {
        for (const auto& seam : chain_.seams) seam->check_empty();
    }
    last_ = snapshot();
    told_.clear();
    for (const std::string& part : chain_.parts) parts_.unwatch(part, this);
    const std::vector<std::string> parts = chain_.parts;
    if (has_leaked_) {
        new Chain(std::move(chain_));  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): on purpose, see await_stop
        chain_ = Chain();
        phase_ = Phase::parts;
        return finish();  // its parts stay, too: what was leaked may use them
    }
    { const Chain gone = std::move(chain_); }  // in the reverse order of its members
    chain_ = Chain();
    release_parts(parts);
}

void Route::release_parts(const std::vector<std::string>& parts) {
    phase_ = Phase::parts;
    waiting_for_ = parts.size() + 1;
    const auto one_less = [this](bool stopped) {
        has_leaked_ = has_leaked_ || !stopped;
        if (--waiting_for_ == 0) finish();
    };
    for (const std::string& part : parts) parts_.release(part, one_less);
    one_less(true);
}

void Route::finish() {
    phase_ = Phase::gone;
    if (failure_.empty()) set_state(RouteState::stopped, "");
    const auto done = std::exchange(done_, {});
    for (const auto& call : done) call();
}

// Counts of what the configuration has waived the promise for.
void Route::add_waived(RouteSnapshot& s) const {
    const auto count = [&](const std::string& who, const char* what, const char* means, uint64_t value) {
        s.counters.push_back({"route " + plan_.name + ", " + who, what, means, LEAT_COUNTER, value});
    };
    for (const auto& queue : chain_.best_efforts) {
        count(queue->branch(), "dropped", "messages that found the best-effort queue full", queue->dropped());
        count(queue->branch(), "not_landed", "messages acknowledged when queued that did not land",
              queue->not_landed());
        s.waiting += queue->queued();
    }
    if (!chain_.manual) return;
    count("manual", "not_landed", "messages below a stage that settles by hand that did not land",
          chain_.manual->not_landed());
}

RouteSnapshot Route::snapshot() const {
    if (phase_ == Phase::parts || phase_ == Phase::gone) {
        RouteSnapshot last = last_;
        last.state = state_;
        last.why = why_;
        return last;
    }
    RouteSnapshot s;
    s.name = plan_.name;
    s.state = state_;
    s.why = why_;
    s.since = since_;
    const leat_flow flow = chain_.flow();
    s.ledger = Ledger(flow);
    s.span = flow.span;
    s.bytes = flow.bytes;
    s.stale = flow.stale + chain_.stale();
    s.retries = flow.retried;
    const auto add_step = [&s](const HeldLanes& step, runtime::HistogramReading latency) {
        s.retries += step.retries();
        s.waiting += step.waiting();
        s.steps.push_back({step.step(), step.retries(), step.waiting(), std::move(latency)});
    };
    for (auto gate = chain_.gates.rbegin(); gate != chain_.gates.rend(); ++gate) add_step(**gate, {});
    for (const auto& policy : chain_.policies) {
        add_step(*policy, policy->latency().read());
    }
    add_waived(s);
    const auto add_metrics = [&s](leat_instance& i) {
        const std::lock_guard lock(i.metrics_mutex);
        for (const auto& c : i.counters)
            s.counters.push_back({i.label, c->name, c->description, c->kind, c->value()});
    };
    if (const Redrive* redrive = chain_.redrive.get()) {
        s.counters.push_back({"redrive", "sent", "Dead letters sent to their step.", LEAT_COUNTER, redrive->sent()});
        s.counters.push_back(
            {"redrive", "put_back", "Dead letters put back as they were.", LEAT_COUNTER, redrive->put_back()});
        s.counters.push_back({"redrive", "left", "Dead letters left untouched.", LEAT_COUNTER, redrive->left()});
    }
    for (const auto& sink : chain_.sinks) add_metrics(*sink);
    for (const auto& stage : chain_.stages) add_metrics(*stage);
    if (chain_.source) {
        add_metrics(*chain_.source);
        for (const auto& h : chain_.source->histograms) {
            if (h->name == "settlement") s.latency = h->read();
        }
    }
    return s;
}

}  // namespace leat::route
