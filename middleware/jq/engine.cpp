#include "engine.hpp"

#include "memory.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

extern "C" {
#include <jq.h>
}

namespace leat::jq {
namespace {

constexpr size_t kStack = 1u << 30;  // bytes of address space; what a limit of 1 s can nest fits
constexpr size_t kMostNested = 128;
constexpr size_t kKept = 64 << 10;  // bytes that may be in pieces from one payload to the next

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

std::string_view view_of(jv text) {
    return {jv_string_value(text), static_cast<size_t>(jv_string_length_bytes(jv_copy(text)))};
}

// The text of a value that is one, else how it is written.
jv as_text(jv value) { return jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0); }

// What an invalid value has to say as a text; invalid where it says nothing.
jv message_of(jv invalid) {
    return jv_invalid_has_msg(jv_copy(invalid)) ? as_text(jv_invalid_get_msg(jv_copy(invalid))) : jv_invalid();
}

// Throws where libjq does not ask us for memory: where another library of the process brought it along before.
void check_memory(Memory& memory) {
    Memory::bind(&memory);
    memory.run([](void*) { jv_free(jv_string("leat")); }, nullptr);
    Memory::bind(nullptr);
    if (memory.taken() == 0) {
        throw std::runtime_error(
            "the memory of libjq cannot be bounded: another plugin of this process has loaded it");
    }
    memory.forget();
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

    struct Hand {  // what a run works on; its frames own nothing
        std::string_view payload;
        jv_parser* parser = nullptr;
        jv value = jv_invalid(), text = jv_invalid();
        bool has_more = false;
    };
    Hand hand;
    bool is_stack_full = false;
    std::optional<Memory> memory;

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
        Memory::bind(&*memory);
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return asked != Asked::nothing; });
            if (asked == Asked::end) return jq_teardown(&jq);  // here: what a stopped program nested needs this stack
            for (size_t i = 0; i < payloads.size(); ++i) {
                ++turn;
                begin_ns = cpu_ns();
                is_running = true;
                is_halted = false;
                memory->go_on();
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
        if (payload.size() > INT32_MAX / 2 || payload.find('\0') != payload.npos) {
            return refuse(into, "the payload is no JSON: it has a NUL or is larger than 1 GiB");
        }
        hand = {};
        hand.payload = payload;
        Memory::Left left = memory->run([](void* self) { static_cast<Worker*>(self)->parse(); }, this);
        if (hand.parser) jv_parser_free(std::exchange(hand.parser, nullptr));
        if (left == Memory::Left::at_end && judge_input(into)) left = evaluate(into);
        const bool was_left = left != Memory::Left::at_end;
        const bool is_full = is_stack_full || left == Memory::Left::for_room;
        if (was_left || is_full || memory->taken() > kKept) {
            start(jv_null());  // lets go of all that is left of this payload
            memory->forget();
        }
        if (is_full) {
            refuse(into,
                   "the program takes more memory than max_memory (" + std::to_string(limits.memory) + " bytes)");
        }
    }

    // In a run. jq's parser takes several values: here a payload is one, whole.
    void parse() {
        hand.parser = jv_parser_new(0);
        jv_parser_set_buf(hand.parser, hand.payload.data(), static_cast<int>(hand.payload.size()), 0);
        hand.value = jv_parser_next(hand.parser);
        jv more = jv_is_valid(hand.value) ? jv_parser_next(hand.parser) : jv_invalid();
        hand.has_more = jv_is_valid(more) || jv_invalid_has_msg(jv_copy(more));
        jv_free(more);
        if (!jv_is_valid(hand.value)) hand.text = message_of(hand.value);
    }

    bool judge_input(Results& into) {
        const bool is_valid = jv_is_valid(hand.value);
        if (is_valid && !hand.has_more) return true;
        const std::string why = is_valid                 ? "something stands behind the value"
                                : jv_is_valid(hand.text) ? std::string(view_of(hand.text).substr(0, 300))
                                                         : "it is empty";
        jv_free(hand.text);
        jv_free(hand.value);
        refuse(into, "the payload is no JSON that can be read: " + why);
        return false;
    }

    Memory::Left evaluate(Results& into) {
        start(hand.value);
        size_t bytes = 0;
        while (into.why.empty()) {
            hand.value = hand.text = jv_invalid();
            const auto left = memory->run([](void* self) { static_cast<Worker*>(self)->next(); }, this);
            if (left != Memory::Left::at_end) return left;
            const bool has_text = jv_is_valid(hand.text);
            const std::string_view text = has_text ? view_of(hand.text) : std::string_view();
            if (!jv_is_valid(hand.value)) {
                if (has_text) refuse(into, "the program fails: " + std::string(text.substr(0, 300)));
                jv_free(hand.text);
                jv_free(hand.value);
                break;
            }
            take(text, bytes += text.size(), into);
            jv_free(hand.text);
            jv_free(hand.value);
        }
        return Memory::Left::at_end;
    }

    // In a run: the next result and how it is written, or what the program failed at.
    void next() {
        hand.value = jq_next(jq);
        if (!jv_is_valid(hand.value)) {
            hand.text = message_of(hand.value);
        } else {
            const bool is_raw = limits.raw && jv_get_kind(hand.value) == JV_KIND_STRING;
            hand.text = is_raw ? jv_copy(hand.value) : jv_dump_string(jv_copy(hand.value), 0);
        }
    }

    void take(std::string_view text, size_t bytes, Results& into) const {
        if (into.texts.size() == limits.results) {
            refuse(into, "the program gives more than max_results (" + std::to_string(limits.results) + ")");
        } else if (bytes > limits.bytes) {
            refuse(into, "the results are larger than max_size (" + std::to_string(limits.bytes) + " bytes)");
        } else if (depth_of(text) > kMostNested) {
            refuse(into, "a result nests deeper than 128 levels");
        } else {
            into.texts.emplace_back(text);
        }
    }

    void start(jv input) {
        hand.value = input;
        is_stack_full = false;
        memory->start(
            [](void* self) {
                auto* w = static_cast<Worker*>(self);
                jq_start(w->jq, w->hand.value, 0);
            },
            this);
    }

    // The interpreter's stack is larger than all may be: it ends before its next step.
    void stack_is_full() {
        is_stack_full = true;
        const std::lock_guard lock(mutex);  // run() may be about to do the same
        if (!jq_halted(jq)) jq_halt(jq, jv_invalid(), jv_invalid());
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
            memory->stop();
            // libjq looks at this flag before each step, and jq_start takes it back: so again, where that was later.
            if (!jq_halted(jq)) jq_halt(jq, jv_invalid(), jv_invalid());
        }
    }
};

Engine::Engine(const std::string& program, const Limits& limits) : worker_(std::make_unique<Worker>()) {
    Worker& w = *worker_;
    w.limits = limits;
    w.memory.emplace(
        limits.memory, [](void* self) { static_cast<Worker*>(self)->stack_is_full(); }, &w);
    check_memory(*w.memory);
    w.jq = jq_init();
    if (!w.jq) throw std::bad_alloc();
    jq_set_error_cb(
        w.jq,
        [](void* into, jv message) {
            auto& all = static_cast<Worker*>(into)->complaint;
            if (jv_get_kind(message) == JV_KIND_STRING) all.append(all.empty() ? "" : "; ").append(view_of(message));
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
