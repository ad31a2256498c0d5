#include "bench/measure/bare_parts.hpp"

#include "bench/measure/child.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>

namespace leat::bench {
namespace {

constexpr size_t kRingBytes = 2u << 20;  // so that it stays in the caches, as what is handed on at once does
constexpr std::chrono::seconds kLimit{600};

double own_cpu_s() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

}  // namespace

Ring::Ring(size_t payload)
    : block_(kBatch * (sizeof(Message) + payload)),
      slots_(std::clamp<size_t>(kRingBytes / block_, 4, 256)),
      memory_(std::make_unique<char[]>(block_ * slots_)) {}

Ring::Ring(size_t payload, uint64_t messages)
    : block_(kBatch * (sizeof(Message) + payload)),
      slots_(messages / kBatch + 1),
      memory_(std::make_unique_for_overwrite<char[]>(block_ * slots_)) {}

void Run::start() {
    cpu_s = own_cpu_s();
    began = std::chrono::steady_clock::now();
}

Run run_apart(const std::function<void(Run&)>& work) {
    const Ended ended = in_child(
        [&work] {
            Run run;
            work(run);
            run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - run.began).count();
            return Json{run.seconds, own_cpu_s() - run.cpu_s, run.moved, run.delays}.dump();
        },
        kLimit);
    if (!ended.failure.empty()) throw std::runtime_error("a bare loop failed: " + ended.failure);
    const Json json = Json::parse(ended.output);
    Run run;
    run.seconds = json[0].get<double>();
    run.cpu_s = json[1].get<double>();
    run.moved = json[2].get<uint64_t>();
    run.delays = json[3].get<std::vector<int64_t>>();
    run.peak_mb = ended.peak_mb;
    return run;
}

Sample rate(const Run& run, uint64_t messages) {
    Sample sample;
    if (run.moved != messages) throw std::runtime_error("a bare loop lost messages");
    sample.value = static_cast<double>(messages) / run.seconds;
    sample.cpu_us = run.cpu_s * 1e6 / static_cast<double>(messages);
    sample.peak_mb = run.peak_mb;
    return sample;
}

}  // namespace leat::bench
