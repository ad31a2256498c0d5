#include "backend.hpp"

#include "sink.hpp"
#include "source.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace leat::memory {
namespace {

bool is_literal(std::string_view text) { return text.find('$') == std::string_view::npos; }

void warn(const leat_check& check, const leat_use& use, const std::string& text) {
    check.report(&check, LEAT_REPORT_WARNING, (std::string(use.path) + "/topic").c_str(), bytes(text));
}

void check_one(const leat_check& check, const leat_configured& backend) {
    std::set<std::string> read;
    std::set<std::pair<std::string, std::string>> read_by_route;
    for (uint32_t i = 0; i < backend.use_count; ++i) {
        const leat_use& use = *backend.uses[i];
        if (use.identity->role != LEAT_ROLE_SOURCE) continue;
        for (const std::string& topic : read_options<SourceOptions>(use.options).topics) {
            read.insert(topic);
            read_by_route.emplace(use.identity->route, topic);
        }
    }
    for (uint32_t i = 0; i < backend.use_count; ++i) {
        const leat_use& use = *backend.uses[i];
        if (use.identity->role == LEAT_ROLE_SOURCE) continue;
        const std::string topic(view(use.options[0].text));
        if (!is_literal(topic)) continue;
        if (!read.contains(topic)) {
            warn(check, use, "no route reads \"" + topic + "\": when it is full, this route waits for ever");
        } else if (read_by_route.contains({use.identity->route, topic})) {
            warn(check, use, "the route reads \"" + topic + "\" itself: its messages go round for ever");
        }
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
