#include "native/link.hpp"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace leat::mqtt {

// What the look-up's thread works on. The link owns it and frees it after the post; the thread touches nothing else.
struct Link::Lookup {
    Services services;
    Link* link = nullptr;   // shard only
    bool is_wanted = true;  // shard only: not closed meanwhile
    std::string host;
    std::string port;
    std::vector<Address> addresses;
    std::string error;
};

Link::Link(Services services, Owner& owner) : services_(services), owner_(owner) {}

Link::~Link() { close(); }

void Link::look_up(Lookup& lookup, bool numeric) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = numeric ? AI_NUMERICHOST | AI_NUMERICSERV : AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(lookup.host.c_str(), lookup.port.c_str(), &hints, &found);
    if (status != 0) {
        lookup.error = "cannot resolve '" + lookup.host + "': " + ::gai_strerror(status);
        return;
    }
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        Address& address = lookup.addresses.emplace_back();
        std::memcpy(&address.bytes, a->ai_addr, a->ai_addrlen);
        address.length = a->ai_addrlen;
    }
    ::freeaddrinfo(found);
}

void Link::open(const Target& target) {
    close();
    target_ = target;
    Lookup& lookup = *lookups_.emplace_back(std::make_unique<Lookup>());
    lookup.services = services_;
    lookup.link = this;
    lookup.host = target.host;
    lookup.port = std::to_string(target.port);
    look_up(lookup, true);
    if (!lookup.addresses.empty()) {  // it was an address: no thread is needed
        services_.defer(&Link::resolved, &lookup);
        return;
    }
    lookup.error.clear();
    try {
        std::thread([work = &lookup] {
            look_up(*work, false);
            work->services.post(&Link::resolved, work);
        }).detach();
    } catch (const std::system_error& e) {
        lookup.error = std::string("no thread to resolve the name: ") + e.what();
        services_.defer(&Link::resolved, &lookup);
    }
}

void Link::resolved(void* arg) {
    auto* lookup = static_cast<Lookup*>(arg);
    Link& link = *lookup->link;
    const auto at = std::find_if(link.lookups_.begin(), link.lookups_.end(),
                                 [lookup](const auto& held) { return held.get() == lookup; });
    const std::unique_ptr<Lookup> mine = std::move(*at);
    link.lookups_.erase(at);
    if (mine->is_wanted)
        link.use(*mine);
    else if (!link.is_resolving())
        link.owner_.link_idle();
}

void Link::use(Lookup& lookup) {
    if (lookup.addresses.empty()) {
        owner_.link_down(lookup.error);
        return;
    }
    addresses_ = std::move(lookup.addresses);
    first_address_ %= addresses_.size();
    std::rotate(addresses_.begin(), addresses_.begin() + static_cast<std::ptrdiff_t>(first_address_),
                addresses_.end());
    next_address_ = 0;
    try_next("no address");
}

void Link::try_next(std::string why) {
    drop_stream();
    while (next_address_ < addresses_.size()) {
        const Address& address = addresses_[next_address_++];
        stream_ = std::make_unique<Stream>(target_.tls);
        if (stream_->connect(reinterpret_cast<const sockaddr*>(&address.bytes), address.length, target_.host)) {
            watched_ = LEAT_WATCH_WRITE;
            watch_ = services_.host->watch_start(services_.me, stream_->fd(), watched_, &Link::ready, this);
            return;
        }
        why = stream_->error();
        stream_.reset();
    }
    owner_.link_down(why);
}

void Link::ready(void* self, std::uint32_t events) {
    Link& link = *static_cast<Link*>(self);
    if (!link.is_up_) {
        link.advance();
        return;
    }
    if ((events & LEAT_WATCH_WRITE) != 0 && (link.watched_ & LEAT_WATCH_WRITE) != 0) link.owner_.link_writable();
    if ((events & LEAT_WATCH_READ) != 0 && (link.watched_ & LEAT_WATCH_READ) != 0 && link.is_up_)
        link.owner_.link_readable();
}

void Link::advance() {
    switch (stream_->advance()) {
        case Stream::Progress::up:
            is_up_ = true;
            watch(true, false);
            owner_.link_up();
            break;
        case Stream::Progress::waiting:
            watched_ = stream_->wants() == Stream::kRead ? LEAT_WATCH_READ : LEAT_WATCH_WRITE;
            services_.host->watch_change(watch_, watched_);
            break;
        case Stream::Progress::failed:
            try_next(stream_->error());
            break;
    }
}

void Link::watch(bool reading, bool writing) {
    const std::uint32_t events = (reading ? LEAT_WATCH_READ : 0U) | (writing ? LEAT_WATCH_WRITE : 0U);
    if (watch_ == nullptr || events == watched_) return;
    watched_ = events;
    services_.host->watch_change(watch_, events);
}

void Link::drop_stream() {
    if (watch_ != nullptr) services_.host->watch_end(watch_);
    watch_ = nullptr;
    watched_ = 0;
    is_up_ = false;
    stream_.reset();
}

void Link::close() {
    if (stream_ != nullptr && !is_up_) first_address_ += next_address_;
    drop_stream();
    for (const auto& lookup : lookups_) lookup->is_wanted = false;
}

}  // namespace leat::mqtt
