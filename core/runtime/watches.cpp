#include "runtime/watches.hpp"

#include "runtime/services.hpp"

#include <cstring>
#include <exception>

leat_watch::leat_watch(leat_instance& of, boost::asio::io_context& io, Call fn, void* arg)
    : owner(of), descriptor_(io), fn_(fn), arg_(arg) {}

std::string leat_watch::open(int fd) {
    boost::system::error_code error;
    descriptor_.assign(fd, error);
    ended_ = static_cast<bool>(error);
    return error ? error.message() : std::string();
}

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
        try {
            self->fn_(self->arg_, event);
        } catch (const std::exception& e) {
            leat::runtime::services()->state(&self->owner, LEAT_STATE_FAILED, {e.what(), std::strlen(e.what())}, 0);
        }
        if (!self->ended_ && (self->wanted_ & event)) self->wait(event);
    });
}

void leat_watch::end() {
    if (ended_) return;
    ended_ = true;
    descriptor_.release();
}
