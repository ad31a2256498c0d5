#include "checks.hpp"

#include "backends.hpp"
#include "loops.hpp"
#include "route/plan.hpp"
#include "runtime/services.hpp"
#include "runtime/shard.hpp"

#include <leat/sdk/flow/message.hpp>

#include <charconv>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace leat {
namespace {

using Told = std::function<void(uint32_t severity, const std::string& path, const std::string& text)>;

/// The C structs of one kind of backend, and all that they point to.
class Inquiry : public leat_check {
  public:
    explicit Inquiry(Told told) : told_(std::move(told)) {
        size = sizeof(leat_check);
        report = [](const leat_check* self, uint32_t severity, const char* path, leat_bytes text) {
            static_cast<const Inquiry*>(self)->told_(severity, path ? path : "", std::string(view(text)));
        };
    }
    Inquiry(const Inquiry&) = delete;
    Inquiry& operator=(const Inquiry&) = delete;

    void add(const config::Backend& backend, const runtime::Log& log, const runtime::Reread& reread) {
        Configured& c = configured_.emplace_back();
        c.instance = std::make_unique<leat_instance>(
            nullptr, std::make_unique<runtime::Identity>(LEAT_ROLE_BACKEND, backend.name, "", ""), log);
        c.instance->reread = reread;
        c.path = backend.component.at->path();
        c.c = {};
        c.c.size = sizeof c.c;
        c.c.name = backend.name.c_str();
        c.c.path = c.path.c_str();
        c.c.options = backend.component.options->values();
        c.c.me = c.instance.get();
    }
    void use(const std::string& backend, std::unique_ptr<runtime::Identity> identity,
             const config::Component& component) {
        for (Configured& c : configured_) {
            if (c.c.name != backend) continue;
            Use& u = uses_.emplace_back();
            u.identity = std::move(identity);
            u.path = component.at->path();
            u.c = {};
            u.c.size = sizeof u.c;
            u.c.identity = &u.identity->c;
            u.c.options = component.options->values();
            u.c.path = u.path.c_str();
            c.uses.push_back(&u.c);
            return;
        }
    }
    const leat_check* finish() {
        for (Configured& c : configured_) {
            c.c.uses = c.uses.data();
            c.c.use_count = static_cast<uint32_t>(c.uses.size());
            list_.push_back(&c.c);
        }
        backends = list_.data();
        backend_count = static_cast<uint32_t>(list_.size());
        return this;
    }

  private:
    struct Use {
        std::unique_ptr<runtime::Identity> identity;
        std::string path;
        leat_use c;
    };
    struct Configured {
        std::unique_ptr<leat_instance> instance;
        std::string path;
        std::vector<const leat_use*> uses;
        leat_configured c;
    };

    Told told_;
    std::deque<Configured> configured_;
    std::deque<Use> uses_;
    std::vector<const leat_configured*> list_;
};

// Tells the inquiry of every source, sink and dead letter of a route whose own options are right.
void add_uses(Inquiry& inquiry, const config::Route& route, const route::RoutePlan& plan) {
    const auto use = [&](const std::string& backend, const config::Component& component, uint32_t role,
                         const std::string& step) {
        if (component.is_right) inquiry.use(backend, identity_of(plan, role, backend, step), component);
    };
    const auto sink = [&](const config::Sink& s, uint32_t role, const std::string& step) {
        use(s.backend, s.component, role, step);
    };
    use(route.from.backend, route.from.component, LEAT_ROLE_SOURCE, "from");
    const auto dead_letter = [&](const config::Policy& policy) {
        if (policy.dead_letter) sink(*policy.dead_letter, LEAT_ROLE_DEAD_LETTER, "dead_letter");
    };
    dead_letter(route.on_failure);
    for (const config::Branch& branch : route.branches) {
        sink(branch.sink, LEAT_ROLE_SINK, branch.step);
        if (branch.on_failure) dead_letter(*branch.on_failure);
    }
}

using Ask = std::function<void(const leat_descriptor& descriptor, const leat_check* inquiry)>;

void ask_all(const config::Model& model, const runtime::Log& log, const runtime::Reread& reread, const Told& told,
             const Ask& ask) {
    std::map<const leat_descriptor*, std::unique_ptr<Inquiry>> inquiries;
    for (const config::Backend& backend : model.backends) {
        if (!backend.component.is_right) continue;
        auto& inquiry = inquiries[backend.component.descriptor];
        if (!inquiry) inquiry = std::make_unique<Inquiry>(told);
        inquiry->add(backend, log, reread);
    }
    for (const config::Route& route : model.routes) {
        const route::RoutePlan plan = route::plan_route(route);
        for (auto& [descriptor, inquiry] : inquiries) add_uses(*inquiry, route, plan);
    }
    for (auto& [descriptor, inquiry] : inquiries) ask(*descriptor, inquiry->finish());
}

// The value that a JSON pointer names, or the nearest one around it.
const config::Node& node_at(const config::Document& document, std::string_view path) {
    const config::Node* node = &document.root;
    while (!path.empty() && path.front() == '/') {
        path.remove_prefix(1);
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(name.size());
        const config::Node* child = node->find(name);
        size_t index = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
        if (!child && error == std::errc() && end == name.data() + name.size() && index < node->children.size()) {
            child = &node->children[index];
        }
        if (!child) break;
        node = child;
    }
    return *node;
}

}  // namespace

void check_with_plugins(const config::Model& model, const runtime::Log& log, const runtime::Reread& reread,
                        config::Report& report) {
    Loops loops;
    const auto told = [&](uint32_t severity, const std::string& path, const std::string& text) {
        const config::Node& where = node_at(*model.document, path);
        if (severity == LEAT_REPORT_ERROR) report.error(where, path, text);
        if (severity == LEAT_REPORT_WARNING) report.warning(where, text);
        if (severity == LEAT_REPORT_FEEDS) loops.feeds(path, text);
    };
    ask_all(model, log, reread, told, [](const leat_descriptor& descriptor, const leat_check* inquiry) {
        if (descriptor.check) descriptor.check(inquiry);
    });
    for (const auto& [sink, way] : loops.found()) {
        report.warning(node_at(*model.document, sink), "messages may go round in a loop: " + way);
    }
}

void make_stages(const config::Model& model, const runtime::Reread& reread, config::Report& report) {
    Backends backends([](uint32_t, const std::string&, std::string_view) {}, reread);
    runtime::Shard shard(0);
    shard.run();
    for (const config::Route& route : model.routes) {
        const route::RoutePlan plan = route::plan_route(route);
        const auto make = [&](const std::vector<route::StagePlan>& plans, const std::vector<config::Stage>& stages,
                              const std::string& branch) {
            for (size_t i = 0; i < plans.size(); ++i) {
                if (!stages[i].component.is_right) continue;
                std::string why;
                bool is_made = false;
                shard.call([&] { is_made = backends.stage(shard, plan, plans[i], branch, why) != nullptr; });
                if (!is_made) report.error(*stages[i].component.at, why);
            }
        };
        make(plan.through, route.through, "");
        for (size_t b = 0; b < plan.branches.size(); ++b) {
            make(plan.branches[b].through, route.branches[b].through, plan.branches[b].name);
        }
    }
    shard.end();
}

Findings probe_with_plugins(const config::Model& model, const runtime::Log& log, const runtime::Reread& reread) {
    Findings findings;
    const auto told = [&](uint32_t severity, const std::string& path, const std::string& text) {
        const Finding::Kind kind = severity == LEAT_REPORT_ERROR     ? Finding::Kind::error
                                   : severity == LEAT_REPORT_WARNING ? Finding::Kind::warning
                                                                     : Finding::Kind::good;
        const config::Node& where = node_at(*model.document, path);
        const std::string at = config::place(where) + ": ";
        findings.all.push_back({kind, at + (kind == Finding::Kind::warning ? "warning: " : "") + text});
    };
    ask_all(model, log, reread, told, [](const leat_descriptor& descriptor, const leat_check* inquiry) {
        if (descriptor.probe) descriptor.probe(runtime::services(), inquiry);
    });
    return findings;
}

}  // namespace leat
