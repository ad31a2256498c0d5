// A stream to the broker on the host's descriptor watches: looks the name up on a thread of its own (getaddrinfo
// blocks), tries each address in turn, and then tells its owner when there is something to read and room to write.
//
//   Link link(services, *this);
//   link.open({.host = "mq", .port = 1883});     // later: link_up() or link_down(why)
//   link.watch(reads, writes);
//
// On the shard; the look-up's thread only posts its result.
#pragma once

#include <leat/sdk/services.hpp>

#include <memory>
#include <string>
#include <vector>

#include "native/stream.hpp"

namespace leat::mqtt {

/// Where the broker is.
struct Target {
    std::string host;
    std::uint16_t port = 0;
    const TlsContext* tls = nullptr;  ///< nullptr: plain TCP; must outlive the link's connection
};

class Link {
  public:
    /// Whoever owns the link. The calls come from the shard's loop, never from inside the link's own functions.
    class Owner {
      public:
        virtual void link_up() = 0;
        virtual void link_down(const std::string& why) = 0;  ///< could not be opened
        virtual void link_readable() = 0;
        virtual void link_writable() = 0;
        virtual void link_idle() = 0;  ///< after close() while is_resolving(): the thread has ended

      protected:
        ~Owner() = default;
    };

    Link(Services services, Owner& owner);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void open(const Target& target);
    void close();

    /// A look-up is under way: its thread will still call the host, so the component must not say that it has
    /// stopped.
    [[nodiscard]] bool is_resolving() const { return !lookups_.empty(); }

    /// What to be told of while up.
    void watch(bool reading, bool writing);

    /// As Stream::read and Stream::write; -1: error() says why, and the owner closes.
    ssize_t read(void* at, std::size_t size) { return stream_->read(at, size); }
    ssize_t write(const void* from, std::size_t size) { return stream_->write(from, size); }
    /// As Stream::confirm.
    void confirm() { stream_->confirm(); }
    [[nodiscard]] const std::string& error() const { return stream_->error(); }
    [[nodiscard]] bool is_up() const { return is_up_; }

  private:
    struct Address {
        sockaddr_storage bytes;
        socklen_t length;
    };
    struct Lookup;

    static void look_up(Lookup& lookup, bool numeric);
    static void resolved(void* lookup);
    static void ready(void* self, std::uint32_t events);
    void use(Lookup& lookup);
    void try_next(std::string why);
    void advance();
    void drop_stream();

    Services services_;
    Owner& owner_;
    Target target_;
    std::vector<std::unique_ptr<Lookup>> lookups_;  // at most the last one is still wanted
    std::vector<Address> addresses_;
    std::size_t next_address_ = 0;
    std::size_t first_address_ = 0;  // of the next attempt: behind the one that never answered
    std::unique_ptr<Stream> stream_;
    leat_watch* watch_ = nullptr;
    std::uint32_t watched_ = 0;
    bool is_up_ = false;
};

}  // namespace leat::mqtt
