// Watched descriptors: level-triggered for whoever watches. The descriptor stays its owner's.
#pragma once
#include <leat/plugin.h>

#include <memory>
#include <string>

namespace leat::runtime {
class Reactor;
}

/// One watched descriptor. On the shard only.
struct leat_watch : std::enable_shared_from_this<leat_watch> {
    using Call = void (*)(void* arg, uint32_t ready);

    leat_watch(leat_instance& of, leat::runtime::Reactor& reactor, Call fn, void* arg);

    /// Registers the descriptor; returns why it cannot be, or nothing.
    std::string open(int fd);
    /// Sets what is waited for: LEAT_WATCH_..., 0 to pause.
    void change(uint32_t events);
    /// Ends it; fn is not called any more. The descriptor may be closed.
    void end();
    /// The reactor: something that was waited for is there, and nothing is waited for any more.
    void ready(uint32_t events);

    leat_instance& owner;

  private:
    void arm();

    leat::runtime::Reactor& reactor_;
    Call fn_;
    void* arg_;
    int fd_ = -1;
    uint32_t wanted_ = 0;
    uint32_t armed_ = 0;  // what the reactor waits for; may be more than is wanted: a pause costs no call
    bool is_open_ = false;
};
