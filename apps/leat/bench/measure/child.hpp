// Runs a function in a process of its own, so that CPU time and peak memory are its alone.
//
//     const Ended ended = in_child([] { return std::string("answer"); }, 60s);
//     ended.output; ended.peak_mb; ended.failure
//
// Call it with no other thread running: the child is a copy of this process.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace leat::bench {

struct Ended {
    std::string output;   ///< what the function returned, or what the program printed
    std::string failure;  ///< why there is none; empty: there is
    double cpu_s = 0;     ///< user and system, from its beginning
    double peak_mb = 0;   ///< the most memory that it held, in 10^6 bytes
};

/// The child is killed when it has not ended after `limit`. What it throws becomes the failure.
Ended in_child(const std::function<std::string()>& work, std::chrono::seconds limit);

/// The same with a program: its standard output is the output. Its error output is dropped.
Ended in_child(const std::vector<std::string>& command, std::chrono::seconds limit);

/// This program.
std::string own_path();

}  // namespace leat::bench
