#include "backend.hpp"

#include "sink.hpp"
#include "source.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace leat::memory {
namespace {

bool is_literal(std::string_view text) { return text.find('$') == std::string_view::npos; }

// Whether a full topic holds its writers until somebody reads it.
bool may_wait_for_ever(const leat_configured& backend) {
    constexpr size_t kOverflow = 2, kTtl = 3;  // as Backend::options() has them
    if (!backend.options) return true;
    return backend.options[kOverflow].as.integer == static_cast<int64_t>(Overflow::wait) &&
           backend.options[kTtl].as.integer == 0;
}

void check_one(const leat_check& check, const leat_configured& backend) {
    std::multimap<std::string, const leat_use*> readers;  // by topic
    for (uint32_t i = 0; i < backend.use_count; ++i) {
        const leat_use& use = *backend.uses[i];
        if (use.identity->role != LEAT_ROLE_SOURCE) continue;
        for (const std::string& topic : read_options<SourceOptions>(use.options).topics) readers.emplace(topic, &use);
    }
    for (uint32_t i = 0; i < backend.use_count; ++i) {
        const leat_use& use = *backend.uses[i];
        if (use.identity->role == LEAT_ROLE_SOURCE) continue;
        const std::string topic(view(use.options[0].text));
        if (!is_literal(topic)) continue;
        const auto [first, last] = readers.equal_range(topic);
        for (auto it = first; it != last; ++it) {
            check.report(&check, LEAT_REPORT_FEEDS, use.path, bytes(it->second->path));
        }
        if (first != last) continue;
        if (!may_wait_for_ever(backend)) continue;
        const std::string text = "no route reads \"" + topic + "\": when it is full, this route waits for ever";
        check.report(&check, LEAT_REPORT_WARNING, (std::string(use.path) + "/topic").c_str(), bytes(text));
    }
}

}  // namespace

Topic* Topics::find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto it = topics_.find(name);
    if (it != topics_.end()) return it->second.get();
    if (topics_.size() >= most_) return nullptr;
    auto made = std::make_unique<Topic>(std::string(name), limits_);
    Topic* topic = made.get();
    topics_.emplace(topic->name(), std::move(made));
    return topic;
}

size_t Topics::size() const {
    const std::lock_guard lock(mutex_);
    return topics_.size();
}

std::unique_ptr<leat::Source> Backend::source(const Setup& setup, const SourceOptions& options) {
    std::vector<Topic*> topics;
    for (const std::string& name : options.topics) {
        if (name.empty()) throw std::invalid_argument("topics: a name is empty");
        Topic* topic = topics_.find(name);
        if (!topic) throw std::length_error("there are max_topics (" + std::to_string(max_topics) + ") already");
        if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.push_back(topic);
    }
    const std::string group =
        options.group.empty() ? "route " + std::string(setup.identity->route) : "group " + options.group;
    return std::make_unique<Source>(topics, group);
}

std::unique_ptr<leat::Sink> Backend::sink(const Setup&, Part*, SinkOptions options) {
    return std::make_unique<Sink>(std::move(options), ttl, topics_);
}

void Backend::check(const leat_check& configured) {
    for (uint32_t i = 0; i < configured.backend_count; ++i) check_one(configured, *configured.backends[i]);
}

}  // namespace leat::memory
