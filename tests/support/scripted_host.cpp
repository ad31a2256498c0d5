#include "support/scripted_host.hpp"

#include <leat/sdk/flow/settle.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

using leat::test::ScriptedHost;

struct leat_instance {
    ScriptedHost* host;
    std::string name;
    leat_identity identity;
    std::uint32_t state = 0;
    std::string why;
    bool is_stopped = false;
};

struct leat_watch {
    leat_instance* of;
    int fd;
    std::uint32_t events;
    void (*fn)(void*, std::uint32_t);
    void* arg;
    bool is_ended = false;
};

struct leat_template {
    std::string before;
    std::string placeholder;  // "", "topic" or "key"
    std::string after;
};

namespace leat::test {
namespace {

ScriptedHost* current = nullptr;

// A buffer with its memory behind it, and the references that it has taken over.
struct OwnBuffer : leat_buffer {
    std::unique_ptr<char[]> bytes;
    std::vector<std::pair<leat_buffer*, std::uint32_t>> adopted;
};

leat_buffer* buffer_new(leat_instance*, size_t capacity, void** data) {
    auto* made = new OwnBuffer;
    made->refs = 1;
    made->flags = 0;
    made->capacity = capacity;
    made->bytes = std::make_unique<char[]>(capacity);
    made->release = [](leat_buffer* self) {
        auto* own = static_cast<OwnBuffer*>(self);
        for (const auto& [buffer, refs] : own->adopted) leat_buffer_release(buffer, refs);
        delete own;
    };
    *data = made->bytes.get();
    return made;
}

void text_set(leat_text* text, leat_bytes to) {
    if (text->capacity < to.size + 1) {
        text->data = static_cast<char*>(std::realloc(text->data, to.size + 1));
        text->capacity = to.size + 1;
    }
    if (to.size != 0) std::copy(to.data, to.data + to.size, text->data);
    text->data[to.size] = '\0';
    text->size = to.size;
}

std::uint32_t render(const leat_template* what, const leat_message* message, leat_text* scratch, leat_bytes* out) {
    leat_bytes value{"", 0};
    if (what->placeholder == "topic") value = message->topic;
    if (what->placeholder == "key") value = message->key;
    if (!present(value)) {
        static const std::string why = "a value is missing";
        *out = bytes(why);
        return 0;
    }
    const std::string text = what->before + std::string(view(value)) + what->after;
    text_set(scratch, bytes(text));
    *out = {scratch->data, scratch->size};
    return 1;
}

}  // namespace

// The functions of the table that need the host's insides.
struct Table {
    static void fill(leat_host& t) {
        t = {};
        t.size = sizeof t;
        t.abi_major = LEAT_ABI_MAJOR;
        t.abi_minor = LEAT_ABI_MINOR;
        t.version = "scripted";
        t.extension = [](const char*) -> const void* { return nullptr; };
        fill_time(t);
        fill_io(t);
        fill_rest(t);
    }

    static void fill_time(leat_host& t) {
        t.now_ns = [] { return (std::chrono::steady_clock::now().time_since_epoch() + current->skipped_).count(); };
        t.wall_ns = [] { return std::chrono::system_clock::now().time_since_epoch().count(); };
        t.post = [](leat_instance* me, void (*fn)(void*), void* arg) {
            const std::lock_guard lock(me->host->mutex_);
            me->host->posted_.push_back({me, fn, arg});
            if (::write(me->host->wake_[1], "x", 1) < 0) std::abort();
        };
        t.defer = [](leat_instance* me, void (*fn)(void*), void* arg) {
            me->host->deferred_.push_back({me, fn, arg});
        };
        t.timer_start = [](leat_instance* me, std::int64_t delay, void (*fn)(void*), void* arg) {
            ScriptedHost& h = *me->host;
            h.timers_.push_back({++h.last_id_, h.table_.now_ns() + delay, me, fn, arg});
            return h.last_id_;
        };
        t.timer_cancel = [](leat_instance* me, std::uint64_t id) {
            std::erase_if(me->host->timers_, [id](const auto& timer) { return timer.id == id; });
        };
    }

    static void fill_io(leat_host& t) {
        t.watch_start = [](leat_instance* me, int fd, std::uint32_t events, void (*fn)(void*, std::uint32_t),
                           void* arg) {
            auto& watch = me->host->watches_.emplace_back(new leat_watch{me, fd, events, fn, arg});
            return watch.get();
        };
        t.watch_change = [](leat_watch* watch, std::uint32_t events) { watch->events = events; };
        t.watch_end = [](leat_watch* watch) { watch->is_ended = true; };
        t.buffer_new = buffer_new;
        t.buffer_adopt = [](leat_buffer* keeper, leat_buffer* old, std::uint32_t refs) {
            static_cast<OwnBuffer*>(keeper)->adopted.emplace_back(old, refs);
        };
    }

    static void fill_rest(leat_host& t) {
        t.log = [](leat_instance* me, std::uint32_t, leat_bytes text) {
            const std::lock_guard lock(me->host->mutex_);
            me->host->log_.push_back(me->name + ": " + std::string(view(text)));
        };
        t.counter = [](leat_instance*, std::uint32_t, const char*, const char*) -> leat_counter* { return nullptr; };
        t.counter_add = [](leat_counter*, std::uint64_t) {};
        t.counter_set = [](leat_counter*, std::uint64_t) {};
        t.histogram = [](leat_instance*, const char*, const char*) -> leat_histogram* { return nullptr; };
        t.histogram_record = [](leat_histogram*, std::int64_t, std::uint64_t) {};
        t.text_set = text_set;
        t.text_free = [](leat_text* text) {
            std::free(text->data);
            *text = {nullptr, 0, 0};
        };
        t.render = render;
        t.reread = [](leat_instance*, const leat_value* value, leat_text* into) -> std::uint32_t {
            text_set(into, value->text);
            return 1;
        };
        t.state = [](leat_instance* me, std::uint32_t state, leat_bytes why, std::int64_t) {
            me->state = state;
            me->why = view(why);
            me->is_stopped = false;  // started again
        };
        t.stopped = [](leat_instance* me) {
            ScriptedHost& h = *me->host;
            me->is_stopped = true;
            std::erase_if(h.timers_, [me](const auto& timer) { return timer.of == me; });
            std::erase_if(h.deferred_, [me](const auto& call) { return call.of == me; });
            for (const auto& watch : h.watches_) watch->is_ended = watch->is_ended || watch->of == me;
        };
    }
};

ScriptedHost::ScriptedHost() {
    if (current != nullptr) throw std::logic_error("one ScriptedHost at a time");
    current = this;
    Table::fill(table_);
    if (::pipe2(wake_, O_NONBLOCK | O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
}

ScriptedHost::~ScriptedHost() {
    ::close(wake_[0]);
    ::close(wake_[1]);
    current = nullptr;
}

Setup ScriptedHost::setup(const std::string& name, leat_identity identity) {
    auto& made = instances_.emplace_back(new leat_instance{this, name, identity, 0, {}, false});
    made->identity.size = sizeof(leat_identity);
    return {{&table_, made.get()}, &made->identity};
}

const leat_template* ScriptedHost::make_template(const std::string& text) {
    auto& made = templates_.emplace_back(new leat_template);
    const auto begin = text.find("${");
    made->before = text.substr(0, begin);
    if (begin != std::string::npos) {
        const auto end = text.find('}', begin);
        made->placeholder = text.substr(begin + 2, end - begin - 2);
        made->after = text.substr(end + 1);
    }
    return made.get();
}

void ScriptedHost::run_deferred() {
    std::deque<Deferred> now, posted;
    now.swap(deferred_);
    {
        const std::lock_guard lock(mutex_);
        posted.swap(posted_);
    }
    for (const Deferred& call : now) {
        if (!call.of->is_stopped) call.fn(call.arg);  // it may have stopped in an earlier one
    }
    for (const Deferred& call : posted) call.fn(call.arg);
}

const leat_instance* ScriptedHost::last(const std::string& name) const {
    const auto found = std::find_if(instances_.rbegin(), instances_.rend(),
                                    [&name](const auto& instance) { return instance->name == name; });
    return found == instances_.rend() ? nullptr : found->get();
}

void ScriptedHost::run_timers() {
    for (;;) {
        const std::int64_t now = table_.now_ns();
        const auto due =
            std::find_if(timers_.begin(), timers_.end(), [now](const Timer& t) { return t.due_ns <= now; });
        if (due == timers_.end()) return;
        const Timer timer = *due;
        timers_.erase(due);
        timer.fn(timer.arg);
    }
}

int ScriptedHost::wait_for(std::chrono::milliseconds longest) const {
    if (!deferred_.empty()) return 0;
    std::int64_t wait = longest.count();
    for (const Timer& t : timers_) wait = std::min(wait, (t.due_ns - table_.now_ns()) / 1'000'000 + 1);
    return static_cast<int>(std::max<std::int64_t>(wait, 0));
}

bool ScriptedHost::turn(std::chrono::milliseconds longest) {
    ++turns_;
    watches_.remove_if([](const auto& watch) { return watch->is_ended; });
    std::vector<pollfd> fds{{wake_[0], POLLIN, 0}};
    std::vector<leat_watch*> polled;
    for (const auto& watch : watches_) {
        if (watch->events == 0) continue;
        short events = 0;
        if ((watch->events & LEAT_WATCH_READ) != 0) events = static_cast<short>(events | POLLIN);
        if ((watch->events & LEAT_WATCH_WRITE) != 0) events = static_cast<short>(events | POLLOUT);
        fds.push_back({watch->fd, events, 0});
        polled.push_back(watch.get());
    }
    const int ready = ::poll(fds.data(), fds.size(), wait_for(longest));
    char drain[64];
    while (::read(wake_[0], drain, sizeof drain) > 0) {
    }
    run_deferred();
    run_timers();
    for (std::size_t i = 0; ready > 0 && i < polled.size(); ++i) {
        const short got = fds[i + 1].revents;
        if (got == 0 || polled[i]->is_ended) continue;
        const bool is_error = (got & (POLLERR | POLLHUP)) != 0;
        std::uint32_t events = 0;
        if ((got & POLLIN) != 0 || is_error) events |= LEAT_WATCH_READ;
        if ((got & POLLOUT) != 0 || is_error) events |= LEAT_WATCH_WRITE;
        if ((events & polled[i]->events) != 0) polled[i]->fn(polled[i]->arg, events & polled[i]->events);
    }
    return ready > 0;
}

bool ScriptedHost::run_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) return condition();
        turn(std::chrono::milliseconds(10));
    }
    return true;
}

std::uint32_t ScriptedHost::last_state(const std::string& name) const {
    const leat_instance* instance = last(name);
    return instance ? instance->state : 0;
}

std::string ScriptedHost::last_reason(const std::string& name) const {
    const leat_instance* instance = last(name);
    return instance ? instance->why : std::string();
}

bool ScriptedHost::is_stopped(const std::string& name) const {
    const leat_instance* instance = last(name);
    return instance && instance->is_stopped;
}

int ScriptedHost::logged(std::string_view word) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(
        log_.begin(), log_.end(), [word](const std::string& line) { return line.find(word) != std::string::npos; }));
}

ScriptedInlet::ScriptedInlet() {
    push = [](leat_inlet* self, leat_message* batch, size_t n) { static_cast<ScriptedInlet*>(self)->take(batch, n); };
    signal = [](leat_inlet* self, std::uint32_t what, std::uint64_t) {
        if (what == LEAT_SIGNAL_FLUSH) ++static_cast<ScriptedInlet*>(self)->flushes;
    };
}

void ScriptedInlet::take(leat_message* batch, std::size_t n) {
    count += n;
    Settlements done;
    if (only_counts) {
        for (std::size_t i = 0; i < n; ++i) done.end(batch[i], LEAT_ACK);
        return;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const leat_message& m = batch[i];
        Arrival& a = arrivals.emplace_back();
        a = {std::string(view(m.topic)), std::string(view(m.payload)), {}, m.flags, m, false};
        for (std::uint32_t h = 0; h < m.header_count; ++h)
            a.headers[std::string(view(m.headers[h].name))] = view(m.headers[h].value);
        const int outcome = at_once ? at_once(a) : -1;
        if (outcome < 0) continue;
        a.is_settled = true;
        done.end(m, static_cast<std::uint32_t>(outcome));
    }
}

void ScriptedInlet::settle(std::size_t index, std::uint32_t outcome) {
    Arrival& a = arrivals.at(index);
    if (a.is_settled) throw std::logic_error("a message settled twice by the test");
    a.is_settled = true;
    const leat_message message = a.message;
    Settlements().end(message, outcome);
}

void ScriptedInlet::settle_all(std::uint32_t outcome) {
    Settlements done;
    for (Arrival& a : arrivals) {
        if (a.is_settled) continue;
        a.is_settled = true;
        done.end(a.message, outcome);
    }
}

std::size_t ScriptedInlet::unsettled() const {
    return static_cast<std::size_t>(
        std::count_if(arrivals.begin(), arrivals.end(), [](const Arrival& a) { return !a.is_settled; }));
}

std::vector<std::string> ScriptedInlet::payloads() const {
    std::vector<std::string> all;
    for (const Arrival& a : arrivals) all.push_back(a.payload);
    return all;
}

}  // namespace leat::test
