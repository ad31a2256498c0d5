// A compiled jq program in a thread of its own, which is stopped when it takes too long.
//
//     Engine engine(".value * 2", limits);             // throws std::invalid_argument: what jq says of the program
//     for (...) engine.add(payload);
//     engine.run();                                    // blocks until all have their results
//     const Results& of_first = engine.results(0);     // texts, or why there are none
//
// Why a thread: libjq 1.6 recurses on nested values and can only be stopped from outside. Here it has a large stack
// (pages that are not used cost nothing), and whoever waits for it stops it at the limit: before the program's next
// step, or inside of one where that asks for memory. How much of that there is: memory.hpp. One user, on one thread.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leat::jq {

struct Limits {
    std::chrono::nanoseconds time;  ///< of one payload
    size_t results;                 ///< of one payload
    size_t bytes;                   ///< of all its results
    size_t memory;                  ///< bytes that libjq may take for one payload
    bool raw;                       ///< texts without quotes
};

struct Results {
    std::vector<std::string> texts;
    std::string why;  ///< not empty: refused
};

class Engine {
  public:
    Engine(const std::string& program, const Limits& limits);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    /// Begins anew: forgets payloads and results.
    void clear();
    /// The payload must stay until run() returns.
    void add(std::string_view payload);
    void run();
    const Results& results(size_t i) const;

  private:
    struct Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace leat::jq
