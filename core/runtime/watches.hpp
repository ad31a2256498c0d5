// Watched descriptors: level-triggered, on the shard's io_context. The descriptor stays its owner's.
#pragma once
#include <leat/plugin.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

/// One watched descriptor; lives until watch_end and until its last wait has come back.
struct leat_watch : std::enable_shared_from_this<leat_watch> {
    using Call = void (*)(void* arg, uint32_t ready);

    leat_watch(leat_instance& of, boost::asio::io_context& io, Call fn, void* arg);

    /// Registers the descriptor; returns why it cannot be, or nothing.            [shard]
    std::string open(int fd);

    /// Sets what is waited for: LEAT_WATCH_..., 0 to pause.                        [shard]
    void change(uint32_t events);
    /// Ends it; fn is not called any more. The descriptor may be closed.           [shard]
    void end();

    leat_instance& owner;

  private:
    void wait(uint32_t event);

    boost::asio::posix::stream_descriptor descriptor_;
    Call fn_;
    void* arg_;
    uint32_t wanted_ = 0;
    uint32_t waiting_ = 0;  // a wait is under way at the reactor
    bool ended_ = true;     // until open()
};
