// Ceilings of what is kept: topics found by name, and the memory that messages and topics take.
#include "bench/measure/bare.hpp"

#include "bench/measure/bare_parts.hpp"

#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leat::bench {
namespace {

struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};

// A topic: the newest messages, each with its payload behind it.
struct Kept {
    std::unique_ptr<char[]> memory;
    uint64_t next = 0;
};

class Table {
  public:
    explicit Table(const BareTopics& what) : each_(sizeof(Message) + what.payload), kept_(what.kept) {}

    void put(std::string_view name, const Message& message) {  // hot: per message
        auto at = topics_.find(name);
        if (at == topics_.end()) {
            at = topics_.emplace(name, Kept{std::make_unique_for_overwrite<char[]>(each_ * kept_)}).first;
        }
        char* const into = at->second.memory.get() + at->second.next++ % kept_ * each_;
        std::memcpy(into, &message, sizeof message);
        std::memcpy(into + sizeof message, message.payload, message.size);
        ++stored_;
    }
    uint64_t stored() const { return stored_; }

  private:
    size_t each_;
    uint64_t kept_, stored_ = 0;
    std::unordered_map<std::string, Kept, Hash, std::equal_to<>> topics_;
};

void write_topics(const BareTopics& what, Run& run) {
    Table table(what);
    Maker maker(what.payload);
    char name[32] = "t/d";
    run.start();
    for (uint64_t done = 0; done < what.messages; done += kBatch) {
        const size_t n = std::min<uint64_t>(kBatch, what.messages - done);
        const Message* batch = maker.make(n, done, 0);
        for (size_t i = 0; i < n; ++i) {
            const auto end = std::to_chars(name + 3, name + sizeof name, (done + i) % what.topics).ptr;
            table.put({name, static_cast<size_t>(end - name)}, batch[i]);
        }
    }
    run.moved = table.stored();
}

void hold(uint64_t messages, size_t payload, bool is_apart, Run& run) {
    std::vector<Message> all(messages);
    std::vector<std::unique_ptr<char[]>> payloads;
    if (is_apart) {
        for (Message& message : all) {
            auto* const bytes = new char[payload];  // owned by the message, until the process ends
            stamp(bytes, payload, run.moved++, 0);
            message.payload = bytes;
        }
        return;
    }
    payloads.push_back(std::make_unique_for_overwrite<char[]>(messages * payload));
    for (Message& message : all) {
        char* const bytes = payloads[0].get() + run.moved * payload;
        stamp(bytes, payload, run.moved++, 0);
        message.payload = bytes;
    }
}

// Bytes for each of n, out of two peaks.
Sample each_of(const Run& with, const Run& without, uint64_t n, size_t less) {
    Sample sample;
    sample.value = (with.peak_mb - without.peak_mb) * 1e6 / static_cast<double>(n) - static_cast<double>(less);
    sample.peak_mb = with.peak_mb;
    return sample;
}

}  // namespace

Sample bare_topics(const BareTopics& what) {
    return rate(run_apart([&](Run& run) { write_topics(what, run); }), what.messages);
}

Sample bare_held(uint64_t messages, size_t payload, bool is_apart) {
    const Run with = run_apart([&](Run& run) { hold(messages, payload, is_apart, run); });
    return each_of(with, run_apart([&](Run& run) { hold(1, payload, is_apart, run); }), messages, payload);
}

Sample bare_topic_held(uint64_t topics, size_t payload) {
    const auto run = [&](uint64_t count) {
        return run_apart([&](Run& r) { write_topics({topics, payload, count, 1}, r); });
    };
    return each_of(run(topics), run(1), topics, 0);
}

}  // namespace leat::bench
