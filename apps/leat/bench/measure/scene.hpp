// One run of one configuration by a host in a process of its own, and what was seen.
//
//     Workshop shop({...plugin directories});
//     Scene scene;
//     scene.config = {{"backends", ...}, {"routes", ...}};
//     scene.sources = 1;                                  // routes from generate that have a count
//     scene.expected = 100'000;                           // different messages at the sinks that measure
//     const Observed seen = observe(shop, scene);
#pragma once

#include "bench/figures/histogram.hpp"
#include "bench/figures/result.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace leat::bench {

using Json = nlohmann::ordered_json;

/// Where configurations and records of a bench lie, and where plugins are looked for. Removes its folder.
class Workshop {
  public:
    /// `lost`: this part of the messages of each route is dropped on the way, to see that it is noticed.
    explicit Workshop(std::vector<std::string> plugin_dirs, double lost = 0);
    ~Workshop();
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    std::string file(const std::string& name) const { return folder_ + "/" + name; }
    const std::vector<std::string>& plugin_dirs() const { return plugin_dirs_; }
    double lost() const { return lost_; }

  private:
    double lost_;
    std::string folder_;
    std::vector<std::string> plugin_dirs_;
};

struct Scene {
    Json config;
    uint64_t sources = 0;                    ///< so many sources of generate come to their end
    uint64_t expected = 0;                   ///< so many different messages come to sinks of format measure
    uint64_t held = 0;                       ///< instead: so many are in flight; the process ends without a drain
    bool until_running = false;              ///< instead: all routes run
    std::vector<std::string> records;        ///< files of delays that the configuration lets write
    uint64_t warm_up = 0;                    ///< so many at the beginning of each record do not count
    std::chrono::milliseconds unwatched{0};  ///< first, so long: a look at the routes is work for their shards
    std::chrono::milliseconds scraped{0};    ///< at this interval somebody reads all figures, as JSON; 0: nobody
    std::chrono::seconds limit{600};         ///< for all of it; generous, as a machine may be busy
    std::chrono::milliseconds patience{120'000};  ///< without progress: what is missing then is missing
};

struct Observed {
    std::string failure;
    uint64_t received = 0, repeated = 0, out_of_order = 0, unstamped = 0, landed = 0;
    uint64_t strayed = 0;               ///< filtered, discarded, dead-lettered or returned: no case asks for that
    int64_t run_ns = 0;                 ///< when the host was told to run; ns of the steady clock, as the others
    int64_t begin_ns = 0, end_ns = 0;   ///< of the sources: first made, all finished
    int64_t first_ns = 0, last_ns = 0;  ///< of the sinks: first and last came
    double cpu_s = 0;                   ///< while it ran, without loading and ending
    double peak_mb = 0;
    Histogram delays;

    double made_s() const { return static_cast<double>(end_ns - begin_ns) * 1e-9; }
    double whole_s() const { return static_cast<double>(end_ns - run_ns) * 1e-9; }  ///< with connecting
    double moved_s() const { return static_cast<double>(last_ns - begin_ns) * 1e-9; }
    double drained_s() const { return static_cast<double>(last_ns - first_ns) * 1e-9; }
    /// `expected`: so many different ones at the sinks that measure; 0: there are none, and the ledgers are asked.
    Audit audit(uint64_t expected) const;
};

Observed observe(const Workshop& shop, const Scene& scene);

}  // namespace leat::bench
