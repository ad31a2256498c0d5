#include "engine.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

extern "C" {
#include <jq.h>
}

namespace leat::jq {
namespace {

constexpr size_t kStack = 1u << 30;  // bytes of address space; what a limit of 1 s can nest fits
constexpr size_t kMostNested = 128;

// The depth of JSON text, without recursion.
size_t depth_of(std::string_view json) {
    size_t depth = 0, most = 0;
    bool in_text = false;
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_text) {
            if (c == '\\') ++i;
            if (c == '"') in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            most = std::max(most, ++depth);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return most;
}

std::string text_of(jv value) {
    jv text = jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0);
    std::string out(jv_string_value(text), static_cast<size_t>(jv_string_length_bytes(jv_copy(text))));
    jv_free(text);
    return out;
}

}  // namespace

struct Engine::Worker {
    enum class Asked { nothing, work, end };

    Limits limits;
    jq_state* jq = nullptr;
    std::string complaint;  // of the compiler
    pthread_t thread{};
    std::mutex mutex;
    std::condition_variable changed;
    Asked asked = Asked::nothing;
    std::vector<std::string_view> payloads;
    std::vector<Results> results;
    // The payload in hand and whether it was stopped: under the mutex, so a halt never hits the next one.
    uint64_t turn = 0;
    int64_t begin_ns = 0;  // CPU time of the thread at its begin: a busy machine makes no payload late
    bool is_running = false, is_halted = false;

    int64_t cpu_ns() const {
        clockid_t clock{};
        timespec now{};
        if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &now) != 0) return 0;
        return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
    }

    static void* main(void* self) {
        static_cast<Worker*>(self)->serve();
        return nullptr;
    }

    void serve() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return asked != Asked::nothing; });
            if (asked == Asked::end) return jq_teardown(&jq);  // here: what a stopped program nested needs this stack
            for (size_t i = 0; i < payloads.size(); ++i) {
                ++turn;
                begin_ns = cpu_ns();
                is_running = true;
                is_halted = false;
                lock.unlock();
                changed.notify_all();
                work(payloads[i], results[i]);
                lock.lock();
                is_running = false;
                if (is_halted) refuse(results[i], "the program takes longer than max_time");
            }
            asked = Asked::nothing;
            changed.notify_all();
        }
    }

    static void refuse(Results& into, std::string why) {
        into.texts.clear();
        into.why = std::move(why);
    }

    void work(std::string_view payload, Results& into) {
        jv input = parse(payload, into);
        if (!into.why.empty()) return;
        jq_start(jq, input, 0);
        size_t bytes = 0;
        jv value = jq_next(jq);
        for (; jv_is_valid(value) && into.why.empty(); value = jq_next(jq)) {
            const bool is_text = jv_get_kind(value) == JV_KIND_STRING;
            std::string text = is_text && limits.raw ? text_of(value) : text_of(jv_dump_string(value, 0));
            bytes += text.size();
            if (into.texts.size() == limits.results) {
                refuse(into, "the program gives more than max_results (" + std::to_string(limits.results) + ")");
            } else if (bytes > limits.bytes) {
                refuse(into, "the results are larger than max_size (" + std::to_string(limits.bytes) + " bytes)");
            } else if (depth_of(text) > kMostNested) {
                refuse(into, "a result nests deeper than 128 levels");
            } else {
                into.texts.push_back(std::move(text));
            }
        }
        if (into.why.empty() && jv_invalid_has_msg(jv_copy(value))) {
            refuse(into, "the program fails: " + text_of(jv_invalid_get_msg(jv_copy(value))).substr(0, 300));
        }
        jv_free(value);
    }

    // jq's parser takes several values, and a NUL: here a payload is one value, whole.
    static jv parse(std::string_view payload, Results& into) {
        if (payload.size() > INT32_MAX / 2 || payload.find('\0') != payload.npos) {
            refuse(into, "the payload is no JSON: it has a NUL or is larger than 1 GiB");
            return jv_invalid();
        }
        jv_parser* parser = jv_parser_new(0);
        jv_parser_set_buf(parser, payload.data(), static_cast<int>(payload.size()), 0);
        jv value = jv_parser_next(parser);
        jv more = jv_is_valid(value) ? jv_parser_next(parser) : jv_invalid();
        std::string why;
        if (!jv_is_valid(value)) {
            why = jv_invalid_has_msg(jv_copy(value)) ? text_of(jv_invalid_get_msg(jv_copy(value))) : "it is empty";
        } else if (jv_is_valid(more) || jv_invalid_has_msg(jv_copy(more))) {
            why = "something stands behind the value";
        }
        jv_free(more);
        jv_parser_free(parser);
        if (why.empty()) return value;
        jv_free(value);
        refuse(into, "the payload is no JSON that can be read: " + why.substr(0, 300));
        return jv_invalid();
    }

    // Blocks; stops a payload that takes too long.
    void run() {
        std::unique_lock lock(mutex);
        asked = Asked::work;
        changed.notify_all();
        while (asked == Asked::work) {
            const uint64_t seen = turn;
            const bool is_late =
                !changed.wait_for(lock, limits.time, [&] { return asked != Asked::work || turn != seen; });
            if (!is_late || !is_running || cpu_ns() - begin_ns < limits.time.count()) continue;
            is_halted = true;
            // libjq looks at this flag before each step, and jq_start takes it back: so again, where that was later.
            if (!jq_halted(jq)) jq_halt(jq, jv_invalid(), jv_invalid());
        }
    }
};

Engine::Engine(const std::string& program, const Limits& limits) : worker_(std::make_unique<Worker>()) {
    Worker& w = *worker_;
    w.limits = limits;
    w.jq = jq_init();
    if (!w.jq) throw std::bad_alloc();
    jq_set_error_cb(
        w.jq,
        [](void* into, jv message) {
            auto& all = static_cast<Worker*>(into)->complaint;
            if (jv_get_kind(message) == JV_KIND_STRING) all += (all.empty() ? "" : "; ") + text_of(jv_copy(message));
            jv_free(message);
        },
        &w);
    if (!jq_compile(w.jq, program.c_str())) {
        jq_teardown(&w.jq);
        throw std::invalid_argument("program: " + w.complaint);
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStack);
    const int error = pthread_create(&w.thread, &attributes, &Worker::main, &w);
    pthread_attr_destroy(&attributes);
    if (error) {
        jq_teardown(&w.jq);
        throw std::runtime_error("the thread of jq cannot be made: error " + std::to_string(error));
    }
}

Engine::~Engine() {
    {
        const std::lock_guard lock(worker_->mutex);
        worker_->asked = Worker::Asked::end;
    }
    worker_->changed.notify_all();
    pthread_join(worker_->thread, nullptr);
}

void Engine::clear() {
    worker_->payloads.clear();
    worker_->results.clear();
}

void Engine::add(std::string_view payload) { worker_->payloads.push_back(payload); }

void Engine::run() {
    worker_->results.resize(worker_->payloads.size());
    if (!worker_->payloads.empty()) worker_->run();
}

const Results& Engine::results(size_t i) const { return worker_->results[i]; }

}  // namespace leat::jq
