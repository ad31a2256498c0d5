#include "runtime/watches.hpp"

leat_watch::leat_watch(leat_instance& of, boost::asio::io_context& io, int fd, Call fn, void* arg)
    : owner(of), descriptor_(io, fd), fn_(fn), arg_(arg) {}

void leat_watch::change(uint32_t events) {
    wanted_ = events;
    if (events & LEAT_WATCH_READ) wait(LEAT_WATCH_READ);
    if (events & LEAT_WATCH_WRITE) wait(LEAT_WATCH_WRITE);
}

void leat_watch::wait(uint32_t event) {
    if (ended_ || (waiting_ & event)) return;
    waiting_ |= event;
    const auto kind = event == LEAT_WATCH_READ ? boost::asio::posix::stream_descriptor::wait_read
                                               : boost::asio::posix::stream_descriptor::wait_write;
    descriptor_.async_wait(kind, [self = shared_from_this(), event](const boost::system::error_code&) {
        self->waiting_ &= ~event;
        if (self->ended_ || !(self->wanted_ & event)) return;  // paused meanwhile: a later change() waits again
        self->fn_(self->arg_, event);
        if (!self->ended_ && (self->wanted_ & event)) self->wait(event);
    });
}

void leat_watch::end() {
    if (ended_) return;
    ended_ = true;
    descriptor_.release();
}
