#include "bench/measure/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>
#include <leat/host.hpp>

#include <fmt/core.h>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include <ctime>
#include <fstream>
#include <string>
#include <thread>

namespace leat::bench {
namespace {

std::string processor() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "";
}

std::string distribution() {
    std::ifstream in("/etc/os-release");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
    }
    return "";
}

std::string date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

}  // namespace

Machine machine() {
    utsname system{};
    uname(&system);
    const double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    Machine all = {
        {"leat", Host::version()},
        {"processor", processor()},
        {"cores", std::to_string(std::thread::hardware_concurrency())},
        {"memory", fmt::format("{:.1f} GB", bytes / 1e9)},
        {"system", distribution()},
        {"kernel", std::string(system.sysname) + " " + system.release + " " + system.machine},
        {"compiler", fmt::format("g++ {}", __VERSION__)},
#ifdef NDEBUG
        {"build", "optimised"},
#else
        {"build", "with assertions: no figure of it counts"},
#endif
        {"libraries", fmt::format("Boost {}.{}.{}, fmt {}.{}.{}, nlohmann/json {}.{}.{}", BOOST_VERSION / 100000,
                                  BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100, FMT_VERSION / 10000,
                                  FMT_VERSION / 100 % 100, FMT_VERSION % 100, NLOHMANN_JSON_VERSION_MAJOR,
                                  NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
        {"date", date()}};
    std::erase_if(all, [](const auto& each) { return each.second.empty(); });
    return all;
}

}  // namespace leat::bench
