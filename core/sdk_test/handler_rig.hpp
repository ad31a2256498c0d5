// For tests of handlers: one that does what a function says, with a host that is stepped by hand around it.
#pragma once
#include <leat/sdk/handler.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/stepped_host.hpp"

namespace leat::test {

struct ScriptedHandler : leat::Handler {
    std::function<void(leat::Message&)> script;
    void handle(leat::Message& m) override { script(m); }
};

struct HandlerRig {
    SteppedHost host;
    Instance me{host};
    Told told;
    Collector below;
    ScriptedHandler handler;

    explicit HandlerRig(std::function<void(leat::Message&)> script, uint32_t flags = 0) {
        me.identity.flags = flags;
        handler.script = std::move(script);
        handler.attach(host.setup(me));
        handler.c()->start(handler.c(), &below);
    }
    void push(const std::vector<std::string>& payloads, uint32_t lanes = 1) {
        std::vector<leat_message> batch;
        for (const auto& p : payloads) {
            batch.push_back(make_message(host, me, "t", "k", p, {&told, batch.size()}));
            batch.back().lane = static_cast<uint32_t>(batch.size() - 1) % lanes;
        }
        handler.c()->inlet->push(handler.c()->inlet, batch.data(), batch.size());
    }
};

}  // namespace leat::test
