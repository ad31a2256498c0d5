#include "remembered.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace leat::mqtt {

// The file: one line for each filter, client id and filter separated by a tab.
std::string Remembered::open(std::string path) {
    const std::lock_guard lock(mutex_);
    path_ = std::move(path);
    if (path_.empty()) return {};
    std::ifstream file(path_);
    if (!file) return errno == ENOENT ? "" : "cannot read " + path_ + ": " + std::strerror(errno);
    for (std::string line; std::getline(file, line);) {
        const auto tab = line.find('\t');
        if (tab != std::string::npos) filters_[line.substr(0, tab)].push_back(line.substr(tab + 1));
    }
    return {};
}

std::vector<std::string> Remembered::of(const std::string& client_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = filters_.find(client_id);
    return found == filters_.end() ? std::vector<std::string>{} : found->second;
}

std::string Remembered::set(const std::string& client_id, std::vector<std::string> filters) {
    const std::lock_guard lock(mutex_);
    std::sort(filters.begin(), filters.end());
    std::vector<std::string>& known = filters_[client_id];
    if (known == filters) return {};
    known = std::move(filters);
    return path_.empty() ? std::string{} : save();
}

std::string Remembered::save() const {
    const std::string next = path_ + ".new";  // renamed over the old one, so that a crash leaves one of the two
    {
        std::ofstream file(next, std::ios::trunc);
        for (const auto& [client_id, filters] : filters_)
            for (const std::string& filter : filters)
                if (filter.find('\n') == std::string::npos) file << client_id << '\t' << filter << '\n';
        if (!file.flush()) return "cannot write " + next + ": " + std::strerror(errno);
    }
    if (std::rename(next.c_str(), path_.c_str()) != 0) return "cannot write " + path_ + ": " + std::strerror(errno);
    return {};
}

std::string default_session_file(const std::string& backend) {
    const char* const folders = std::getenv("STATE_DIRECTORY");
    if (folders == nullptr || *folders == '\0') return {};
    const std::string first(folders, std::strcspn(folders, ":"));
    return first + "/mqtt-" + backend + ".sessions";
}

}  // namespace leat::mqtt
