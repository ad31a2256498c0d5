#include "backend.hpp"

#include "sink.hpp"
#include "source.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace leat::memory {
namespace {

bool is_literal(std::string_view text) { return text.find('$') == std::string_view::npos; }

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
    return topics_.emplace(made->name(), std::move(made)).first->second.get();
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
    return std::make_unique<Sink>(std::move(options.topic), topics_);
}

void Backend::check(const leat_check& configured) {
    for (uint32_t i = 0; i < configured.backend_count; ++i) check_one(configured, *configured.backends[i]);
}

}  // namespace leat::memory
