// A host for unit tests of components, step by step: the clock moves by hand, calls run when told, all is recorded.
//
//   SteppedHost host;
//   Instance me(host);                                   // one for each component
//   leat_component* source = backend->create_source(backend, me, &me.identity, values, &host.error);
//   Collector below;                                     // an inlet that keeps what it gets
//   source->start(source, &below);
//   host.run();                                          // posts, deferred calls, due timers, ready descriptors
//   below.settle(0, LEAT_ACK);
//   host.advance(100ms);
//   CHECK(host.live_buffers == 0);
//
// One host for each thread that stands for a shard; only posts may come from other threads.
#pragma once

#include <poll.h>
#include <leat/sdk/services.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/broken_rules.hpp"
#include "support/stepped_ends.hpp"

namespace leat::test {

class SteppedHost;

/** What a component knows the host by, and what the host heard from it. */
struct Instance {
    explicit Instance(SteppedHost& of);
    operator leat_instance*() { return reinterpret_cast<leat_instance*>(this); }
    static Instance& of(leat_instance* me) { return *reinterpret_cast<Instance*>(me); }

    struct Failure {
        leat_message message;
        uint32_t outcome, code;
        std::string reason;
        int64_t retry_after_ns;
    };

    /** Ends the receipt and the reference of a message given back by `fail`. */
    void settle(size_t failure, uint32_t outcome, uint32_t code = LEAT_NONE) {
        Settlements().end(failures[failure].message, outcome, code);
    }

    SteppedHost& host;
    leat_identity identity{};
    bool stopped = false;
    std::vector<std::string> log;
    std::vector<Failure> failures;  ///< Each holds the message's reference: see settle().
    uint32_t state = 0;
    std::string why;
};

/** What a LEAT_TEMPLATE value points to in a test: literal text, or one of ${topic}, ${key}. */
struct SteppedTemplate {
    std::string text;
    operator const leat_template*() const { return reinterpret_cast<const leat_template*>(this); }
};

class SteppedHost {
  public:
    SteppedHost() {
        current() = this;
        fill();
        fill_time();
    }
    ~SteppedHost() { table_.text_free(&error); }
    SteppedHost(const SteppedHost&) = delete;
    SteppedHost& operator=(const SteppedHost&) = delete;

    const leat_host* table() const { return &table_; }
    Services services(Instance& me) const { return {&table_, me}; }
    Setup setup(Instance& me) const { return {services(me), &me.identity}; }
    std::string_view error_text() const { return {error.data ? error.data : "", error.size}; }

    /** One round of what is posted, deferred, due and ready; false when nothing was. */
    bool turn();
    /** Turns until nothing is left to do, at most `turns` times. */
    void run(int turns = 1000) {
        while (turns-- > 0 && turn()) {
        }
    }
    /** Moves the clock, then run(). */
    void advance(std::chrono::nanoseconds by) {
        now_ns += by.count();
        run();
    }

    int64_t now_ns = 1'000'000'000;
    int64_t live_buffers = 0;  ///< Those of buffer_new that are not released.
    leat_text error{nullptr, 0, 0};

  private:
    using Call = void (*)(void*);
    struct Queued {
        Instance* me;
        Call fn;
        void* arg;
    };
    struct Timer {
        int64_t due_ns;
        Queued call;
    };
    struct Watch {
        Instance* me;
        int fd;
        uint32_t events;
        void (*fn)(void*, uint32_t);
        void* arg;
    };
    struct Buffer : leat_buffer {
        SteppedHost* host;
        std::vector<std::pair<leat_buffer*, uint32_t>> adopted;
        std::unique_ptr<char[]> data;
    };

    static SteppedHost*& current() {
        static thread_local SteppedHost* host = nullptr;
        return host;
    }
    static leat_buffer* buffer_new(leat_instance* me, size_t capacity, void** data);
    static uint32_t render(const leat_template* what, const leat_message* message, leat_text* scratch,
                           leat_bytes* out);
    void forget(Instance& me);
    bool run_due_timers();
    bool poll_watches();
    void fill();
    void fill_time();

    leat_host table_{};
    std::mutex posts_mutex_;
    std::deque<Queued> posts_;
    std::deque<Queued> deferred_;
    std::map<uint64_t, Timer> timers_;
    uint64_t last_timer_ = 0;
    std::list<Watch> watches_;
};

/** A message in a buffer of the host's. A key without data is absent. */
inline leat_message make_message(SteppedHost& host, Instance& me, std::string_view topic, std::string_view key,
                                 std::string_view payload, leat_receipt receipt = {nullptr, 0}) {
    void* data = nullptr;
    leat_buffer* buffer = host.table()->buffer_new(me, topic.size() + key.size() + payload.size() + 1, &data);
    auto* at = static_cast<char*>(data);
    const auto put = [&at](std::string_view s) {
        const leat_bytes placed{at, s.size()};
        at = std::copy(s.begin(), s.end(), at);
        return placed;
    };
    leat_message m{};
    m.topic = put(topic);
    m.key = key.data() ? put(key) : leat_bytes{nullptr, 0};
    m.payload = put(payload);
    m.buffer = buffer;
    m.receipt = receipt;
    return m;
}

inline Instance::Instance(SteppedHost& of) : host(of) {
    identity.size = sizeof identity;
    identity.replicas = 1;
    identity.backend = "backend";
    identity.route = "route";
    identity.step = "to";
    identity.max_in_flight = 1024;
    identity.max_in_flight_bytes = 1 << 24;
}

inline bool SteppedHost::turn() {
    current() = this;
    std::deque<Queued> calls;
    {
        const std::lock_guard lock(posts_mutex_);
        calls.swap(posts_);
    }
    bool any = !calls.empty();
    for (const Queued& q : calls) q.fn(q.arg);
    calls.clear();
    calls.swap(deferred_);
    for (const Queued& q : calls) {
        if (!q.me->stopped) q.fn(q.arg), any = true;
    }
    any |= run_due_timers();
    return poll_watches() || any;
}

inline bool SteppedHost::run_due_timers() {
    std::vector<Queued> due;
    for (auto it = timers_.begin(); it != timers_.end();) {
        if (it->second.due_ns > now_ns) {
            ++it;
            continue;
        }
        due.push_back(it->second.call);
        it = timers_.erase(it);
    }
    for (const Queued& q : due) q.fn(q.arg);
    return !due.empty();
}

inline bool SteppedHost::poll_watches() {
    std::vector<Watch*> all;
    for (Watch& w : watches_) all.push_back(&w);
    bool any = false;
    for (Watch* w : all) {
        const bool there = std::any_of(watches_.begin(), watches_.end(), [w](const Watch& x) { return &x == w; });
        if (!there || w->events == 0) continue;
        pollfd p{w->fd, 0, 0};
        if (w->events & LEAT_WATCH_READ) p.events |= POLLIN;
        if (w->events & LEAT_WATCH_WRITE) p.events |= POLLOUT;
        if (::poll(&p, 1, 0) <= 0) continue;
        w->fn(w->arg, w->events);
        any = true;
    }
    return any;
}

inline void SteppedHost::forget(Instance& me) {
    me.stopped = true;
    std::erase_if(deferred_, [&](const Queued& q) { return q.me == &me; });
    std::erase_if(timers_, [&](const auto& t) { return t.second.call.me == &me; });
    watches_.remove_if([&](const Watch& w) { return w.me == &me; });
}

inline leat_buffer* SteppedHost::buffer_new(leat_instance* me, size_t capacity, void** data) {
    auto* b = new Buffer();
    b->refs = 1;
    b->capacity = capacity;
    b->host = &Instance::of(me).host;
    b->data = std::make_unique<char[]>(capacity);
    b->release = [](leat_buffer* self) {
        auto* mine = static_cast<Buffer*>(self);
        for (auto& [old, refs] : mine->adopted) leat_buffer_release(old, refs);
        --mine->host->live_buffers;
        delete mine;
    };
    ++b->host->live_buffers;
    *data = b->data.get();
    return b;
}

inline uint32_t SteppedHost::render(const leat_template* what, const leat_message* message, leat_text*,
                                    leat_bytes* out) {
    const std::string& text = reinterpret_cast<const SteppedTemplate*>(what)->text;
    *out = text == "${topic}" ? message->topic : text == "${key}" ? message->key : bytes(text);
    if (out->data) return 1;
    *out = bytes("a value is missing");
    return 0;
}

inline void SteppedHost::fill() {
    leat_host& t = table_;
    t.size = sizeof t;
    t.abi_major = LEAT_ABI_MAJOR;
    t.abi_minor = LEAT_ABI_MINOR;
    t.version = "test";
    t.extension = [](const char*) -> const void* { return nullptr; };
    t.log = [](leat_instance* me, uint32_t, leat_bytes text) { Instance::of(me).log.emplace_back(view(text)); };
    t.buffer_new = buffer_new;
    t.buffer_adopt = [](leat_buffer* keeper, leat_buffer* old, uint32_t refs) {
        if (old) static_cast<Buffer*>(keeper)->adopted.emplace_back(old, refs);
    };
    t.counter = [](leat_instance*, uint32_t, const char*, const char*) -> leat_counter* { return nullptr; };
    t.counter_add = [](leat_counter*, uint64_t) {};
    t.counter_set = [](leat_counter*, uint64_t) {};
    t.histogram = [](leat_instance*, const char*, const char*) {
        return reinterpret_cast<leat_histogram*>(current());  // never looked into
    };
    t.histogram_record = [](leat_histogram*, int64_t, uint64_t) {};
    t.text_set = [](leat_text* text, leat_bytes to) {
        auto* data = static_cast<char*>(std::realloc(text->data, to.size + 1));
        std::copy(to.data, to.data + to.size, data);
        *text = {data, to.size, to.size + 1};
    };
    t.text_free = [](leat_text* text) {
        std::free(text->data);
        *text = {nullptr, 0, 0};
    };
    t.render = render;
    t.holds = [](const leat_condition*, const leat_message*, leat_text*, leat_bytes*) -> uint32_t { return 1; };
    t.reread = [](leat_instance* me, const leat_value* value, leat_text* into) -> uint32_t {
        Instance::of(me).host.table_.text_set(into, value->text);
        return 1;
    };
    t.fail = [](leat_instance* me, const leat_message* m, uint32_t outcome, uint32_t code, const leat_detail* d) {
        Instance::of(me).failures.push_back(
            {*m, outcome, code, d ? std::string(view(d->text)) : "", d ? d->retry_after_ns : 0});
    };
    t.state = [](leat_instance* me, uint32_t state, leat_bytes why, int64_t) {
        Instance::of(me).state = state;
        Instance::of(me).why = view(why);
    };
    t.stopped = [](leat_instance* me) { Instance::of(me).host.forget(Instance::of(me)); };
}

inline void SteppedHost::fill_time() {
    leat_host& t = table_;
    t.now_ns = [] { return current()->now_ns; };
    t.wall_ns = [] { return current()->now_ns + int64_t{1'700'000'000'000'000'000}; };
    t.post = [](leat_instance* me, void (*fn)(void*), void* arg) {
        SteppedHost& host = Instance::of(me).host;
        const std::lock_guard lock(host.posts_mutex_);
        host.posts_.push_back({&Instance::of(me), fn, arg});
    };
    t.defer = [](leat_instance* me, void (*fn)(void*), void* arg) {
        if (!Instance::of(me).stopped) Instance::of(me).host.deferred_.push_back({&Instance::of(me), fn, arg});
    };
    t.timer_start = [](leat_instance* me, int64_t delay, void (*fn)(void*), void* arg) {
        SteppedHost& host = Instance::of(me).host;
        host.timers_[++host.last_timer_] = {host.now_ns + delay, {&Instance::of(me), fn, arg}};
        return host.last_timer_;
    };
    t.timer_cancel = [](leat_instance* me, uint64_t id) { Instance::of(me).host.timers_.erase(id); };
    t.watch_start = [](leat_instance* me, int fd, uint32_t events, void (*fn)(void*, uint32_t), void* arg) {
        Watch& w = Instance::of(me).host.watches_.emplace_back(Watch{&Instance::of(me), fd, events, fn, arg});
        return reinterpret_cast<leat_watch*>(&w);
    };
    t.watch_change = [](leat_watch* w, uint32_t events) { reinterpret_cast<Watch*>(w)->events = events; };
    t.watch_end = [](leat_watch* w) {
        auto* watch = reinterpret_cast<Watch*>(w);
        watch->me->host.watches_.remove_if([watch](const Watch& x) { return &x == watch; });
    };
}

}  // namespace leat::test
