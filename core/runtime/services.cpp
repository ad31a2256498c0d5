#include "runtime/services.hpp"

#include "expression/condition.hpp"
#include "expression/scratch.hpp"
#include "expression/template.hpp"
#include "runtime/buffers.hpp"
#include "runtime/instance.hpp"

#include <leat/sdk/flow/settle.hpp>

#include <cstdlib>
#include <cstring>
#include <string>

namespace leat::runtime {
namespace {

std::string_view view(leat_bytes b) { return b.data ? std::string_view(b.data, b.size) : std::string_view(); }

void state(leat_instance* me, uint32_t kind, leat_bytes why, int64_t next_attempt_ns);

void log(leat_instance* me, uint32_t level, leat_bytes text) { me->log(level, me->label, view(text)); }

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
int64_t wall_ns() { return std::chrono::system_clock::now().time_since_epoch().count(); }

// Nothing thrown by a plugin's callback ends the process: the component fails, and with it its route.
void guarded(leat_instance* me, void (*fn)(void*), void* arg) {
    try {
        fn(arg);
    } catch (const std::exception& e) {
        state(me, LEAT_STATE_FAILED, {e.what(), std::strlen(e.what())}, 0);
    } catch (...) {
        static constexpr std::string_view kUnknown = "an exception that is no std::exception";
        state(me, LEAT_STATE_FAILED, {kUnknown.data(), kUnknown.size()}, 0);
    }
}

void post(leat_instance* me, void (*fn)(void*), void* arg) {
    me->shard->post([me, fn, arg] { guarded(me, fn, arg); });
}

void defer(leat_instance* me, void (*fn)(void*), void* arg) {
    if (!me->running) return;
    me->shard->defer([me, life = me->life, fn, arg] {
        if (me->running && me->life == life) guarded(me, fn, arg);
    });
}

uint64_t timer_start(leat_instance* me, int64_t delay_ns, void (*fn)(void*), void* arg) {
    if (!me->running) return 1;  // an id that no timer has any more
    return me->shard->timers().start(
        std::chrono::nanoseconds(delay_ns), [me, fn, arg] { guarded(me, fn, arg); }, me);
}

void timer_cancel(leat_instance* me, uint64_t id) { me->shard->timers().cancel(id); }

leat_watch* watch_start(leat_instance* me, int fd, uint32_t events, void (*fn)(void*, uint32_t), void* arg) {
    auto watch = std::make_shared<leat_watch>(*me, me->shard->reactor(), fn, arg);
    me->watches.push_back(watch);
    if (!me->running) return watch.get();  // stopped meanwhile: nothing is watched any more
    if (const std::string why = watch->open(fd); !why.empty()) {
        const std::string text = "descriptor " + std::to_string(fd) + " cannot be watched: " + why;
        state(me, LEAT_STATE_FAILED, {text.data(), text.size()}, 0);
        return watch.get();
    }
    watch->change(events);
    return watch.get();
}

void watch_change(leat_watch* watch, uint32_t events) { watch->change(events); }

void watch_end(leat_watch* watch) {
    watch->end();
    std::erase_if(watch->owner.watches, [watch](const auto& w) { return w.get() == watch; });
}

leat_buffer* buffer_new(leat_instance*, size_t capacity, void** data) { return new_buffer(capacity, data); }

leat_counter* counter(leat_instance* me, uint32_t kind, const char* name, const char* description) {
    const std::lock_guard lock(me->metrics_mutex);
    for (auto& c : me->counters) {
        if (c->name == name) return c.get();
    }
    auto& made = me->counters.emplace_back(std::make_unique<leat_counter>());
    made->name = name;
    made->description = description;
    made->kind = kind;
    return made.get();
}

void counter_add(leat_counter* c, uint64_t n) { c->add(n); }
void counter_set(leat_counter* c, uint64_t value) { c->set(value); }

leat_histogram* histogram(leat_instance* me, const char* name, const char* description) {
    const std::lock_guard lock(me->metrics_mutex);
    for (auto& h : me->histograms) {
        if (h->name == name) return h.get();
    }
    auto& made = me->histograms.emplace_back(std::make_unique<leat_histogram>());
    made->name = name;
    made->description = description;
    return made.get();
}

void histogram_record(leat_histogram* h, int64_t ns, uint64_t times) { h->record(ns, times); }

void text_set(leat_text* text, leat_bytes to) {
    text->size = 0;
    expression::append(*text, view(to));
}

void text_free(leat_text* text) {
    std::free(text->data);
    *text = {nullptr, 0, 0};
}

uint32_t render(const leat_template* what, const leat_message* message, leat_text* scratch, leat_bytes* out) {
    return what->compiled.render(*message, *scratch, *out) ? 1 : 0;
}

uint32_t holds(const leat_condition* what, const leat_message* message, leat_text* scratch, leat_bytes* out) {
    return static_cast<uint32_t>(what->compiled.evaluate(*message, *scratch, *out));
}

uint32_t reread(leat_instance* me, const leat_value* value, leat_text* into) {
    std::string text(view(value->text));
    const bool ok = me->reread ? me->reread(*value, text) : true;
    text_set(into, {text.data(), text.size()});
    return ok ? 1 : 0;
}

void fail(leat_instance* me, const leat_message* message, uint32_t outcome, uint32_t code,
          const leat_detail* detail) {
    if (me->gate) return me->gate->fail(*message, outcome, code, detail);
    // A stage whose policy wraps receipts: it hears of it through the receipt.
    Settlements().end(*message, outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY, code, detail);
}

void state(leat_instance* me, uint32_t kind, leat_bytes why, int64_t next_attempt_ns) {
    State& s = me->state;
    if (s.kind != kind) s.since = std::chrono::steady_clock::now();
    s.kind = kind;
    s.why = view(why);
    s.next_attempt = std::chrono::nanoseconds(next_attempt_ns);
    if (me->on_state) me->on_state(*me);
}

void stopped(leat_instance* me) {
    if (!me->running) return;
    me->running = false;
    ++me->life;
    const auto watches = std::move(me->watches);
    me->watches.clear();
    for (const auto& watch : watches) watch->end();
    me->shard->timers().cancel_all(me);
    me->shard->defer([me] {
        if (me->on_stopped) me->on_stopped(*me);
    });
}

const void* extension(const char*) { return nullptr; }

}  // namespace

const leat_host* services() {
    static const leat_host table = [] {
        leat_host t{};
        t.size = sizeof t;
        t.abi_major = LEAT_ABI_MAJOR;
        t.abi_minor = LEAT_ABI_MINOR;
        t.version = LEAT_VERSION;
        t.extension = extension;
        t.log = log;
        t.now_ns = now_ns;
        t.wall_ns = wall_ns;
        t.post = post;
        t.defer = defer;
        t.timer_start = timer_start;
        t.timer_cancel = timer_cancel;
        t.watch_start = watch_start;
        t.watch_change = watch_change;
        t.watch_end = watch_end;
        t.buffer_new = buffer_new;
        t.buffer_adopt = adopt_buffer;
        t.counter = counter;
        t.counter_add = counter_add;
        t.counter_set = counter_set;
        t.histogram = histogram;
        t.histogram_record = histogram_record;
        t.text_set = text_set;
        t.text_free = text_free;
        t.render = render;
        t.holds = holds;
        t.reread = reread;
        t.fail = fail;
        t.state = state;
        t.stopped = stopped;
        return t;
    }();
    return &table;
}

}  // namespace leat::runtime
