#include "runtime/watches.hpp"

#include "runtime/reactor.hpp"
#include "runtime/services.hpp"

#include <cstring>
#include <exception>
#include <string_view>

leat_watch::leat_watch(leat_instance& of, leat::runtime::Reactor& reactor, Call fn, void* arg)
    : owner(of), reactor_(reactor), fn_(fn), arg_(arg) {}

std::string leat_watch::open(int fd) {
    fd_ = fd;
    std::string why = reactor_.add(*this, fd);
    is_open_ = why.empty();
    return why;
}

void leat_watch::change(uint32_t events) {
    wanted_ = events;
    if (is_open_) arm();
}

void leat_watch::arm() {
    if ((wanted_ & ~armed_) == 0) return;
    armed_ = wanted_;
    reactor_.arm(*this, fd_, armed_);
}

void leat_watch::ready(uint32_t events) {
    armed_ = 0;
    if (!is_open_) return;
    if (const uint32_t now = events & wanted_) {
        try {
            fn_(arg_, now);
        } catch (const std::exception& e) {
            leat::runtime::services()->state(&owner, LEAT_STATE_FAILED, {e.what(), std::strlen(e.what())}, 0);
        } catch (...) {
            static constexpr std::string_view kWhy = "a watch has thrown something that is no exception";
            leat::runtime::services()->state(&owner, LEAT_STATE_FAILED, {kWhy.data(), kWhy.size()}, 0);
        }
    }
    if (is_open_) arm();
}

void leat_watch::end() {
    if (!is_open_) return;
    is_open_ = false;
    reactor_.remove(shared_from_this(), fd_);
}
