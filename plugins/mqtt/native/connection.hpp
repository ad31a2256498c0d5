// A connection to the broker that looks after itself: it opens the link, greets, keeps alive, notices the end and
// tries again. Its owner, a source or the part that sinks share, gets packets from it and sends through session().
//
//   Connection connection(services, settings, owner);
//   connection.start();                                     // later: owner.connected(connack)
//   for (Event e; connection.next(e) == Step::event;) ...   // in owner.readable()
//   connection.session().publish(p); connection.flush();
//
// On the shard only. It calls its owner from the shard's loop, and lost() also from inside next() and flush().
#pragma once

#include <leat/sdk/pace.hpp>
#include <leat/sdk/reconnect.hpp>
#include <leat/sdk/services.hpp>

#include <functional>
#include <memory>
#include <random>
#include <string>

#include "native/intake.hpp"
#include "native/keep_alive.hpp"
#include "native/link.hpp"
#include "native/session.hpp"

namespace leat::mqtt {

/// How to reach and greet the broker.
struct ConnectionSettings {
    std::string host;
    std::uint16_t port = 1883;
    bool uses_tls = false;
    TlsFiles tls;
    Connect connect;  ///< version, client id, keep-alive, session; user and password come from `credentials`
    bool will_on_stop = false;  ///< the broker publishes connect.will also when we say good-bye (version 5)
    bool falls_back = true;     ///< to 3.1.1 where the broker does not know version 5
    Nanoseconds connect_timeout{};
    Nanoseconds delay_min{};
    Nanoseconds delay_max{};
    std::size_t max_packet_size = 0;  ///< bytes
    std::size_t receive_buffer = 256 * 1024;
    /// How long a fast stream's socket is left alone, at most, after a read that gave little; see leat/sdk/pace.hpp.
    Nanoseconds gather = std::chrono::microseconds(500);
    /// Fills in user, password and the key's password as they are now. False: `error` says why they cannot be read.
    std::function<bool(Connect&, TlsFiles&, std::string& error)> credentials;
};

class Connection final : private Link::Owner {
  public:
    using Step = Session::Step;

    class Owner {
      public:
        virtual void connected(const Connack& connack) = 0;
        /// The connection has ended, or an attempt failed. It will be tried again, unless stop() was called.
        virtual void lost() = 0;
        /// There may be something to take with next().
        virtual void readable() = 0;
        /// How many packets may come before the broker waits for one of ours; ~0: no end is known. Asked before a
        /// pause, which lasts no longer than some of them take.
        virtual std::size_t awaited() = 0;
        /// Nothing had come when the pause was over.
        virtual void stalled() {}
        /// All that was in session().out() has been handed to the socket.
        virtual void drained() = 0;
        /// In words, for people; already in the host's state.
        virtual void state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) = 0;
        /// After stop(): nothing of the connection will call the host any more.
        virtual void closed() = 0;

      protected:
        ~Owner() = default;
    };

    Connection(Services services, ConnectionSettings settings, Owner& owner);
    ~Connection() { close(); }

    void start();

    /// Says good-bye and ends. closed() comes now or later: the broker is given a moment to take in our
    /// acknowledgements, and a look-up under way has to end.
    void stop();

    [[nodiscard]] bool is_up() const { return is_connected_; }
    [[nodiscard]] const Connack& granted() const { return connack_; }
    /// Of this connection, or of the next attempt.
    [[nodiscard]] Version version() const { return settings_.connect.version; }
    Session& session() { return session_; }

    /// The next packet that is for the owner; reads from the socket when the received bytes are used up.   // hot
    Step next(Event& out);

    /// Where the bytes of the last event lie.
    [[nodiscard]] leat_buffer* buffer() const { return intake_.buffer(); }
    [[nodiscard]] std::uint64_t live_bytes() const { return intake_.live_bytes(); }

    /// Hands session().out() to the socket, as much as it takes; the rest follows by itself, then drained().
    void flush();

    /// The same for acknowledgements: while packets of a fast stream gather, a few wait for the end of that pause and
    /// leave together.
    void flush_acknowledgements();

    /// Switches reading off (no credit) and on again.
    void read(bool on);

    /// Ends the connection as broken and tries again after the usual delay.
    std::string why_it_ended() const;
    void fail(std::string why);

    /// Changes what CONNECT says from the next attempt on.
    Connect& greeting() { return settings_.connect; }

  private:
    void link_up() override;
    void link_down(const std::string& why) override;
    void link_readable() override;
    void link_writable() override;
    void link_idle() override;

    void attempt();
    void leave();
    void left();
    void arm_timer(Nanoseconds delay);
    void tick();
    bool receive();
    void note_pace();
    bool gathers();
    void gather(Nanoseconds pause);
    void watch() { link_.watch(reads_ && gather_timer_ == 0, writes_); }
    Step handle(Event& event, bool& is_for_owner);
    void accept(const Connack& connack);
    void refuse(const Connack& connack);
    void tell(std::uint32_t state, const std::string& why, Nanoseconds next_attempt = {});
    void close();
    [[nodiscard]] std::string place() const;

    Services services_;
    ConnectionSettings settings_;
    Owner& owner_;
    Link link_;
    Session session_;
    Intake intake_;
    KeepAlive keep_alive_;
    Pace pace_;
    Reconnect reconnect_;
    std::unique_ptr<TlsContext> tls_;
    Connack connack_;
    std::minstd_rand random_;
    Nanoseconds deadline_{};  // of the attempt under way
    std::uint64_t timer_ = 0;
    std::uint64_t gather_timer_ = 0;  // while it runs, the socket is left alone
    Nanoseconds read_at_{};           // when the last read gave something
    std::uint64_t packets_ = 0;       // taken since then
    std::size_t written_ = 0;         // bytes of session_.out() handed to the socket
    bool read_little_ = false;        // the last read left room: more than it gave was not there
    bool has_paused_ = false;         // since then
    bool is_running_ = false;         // between start and stop
    bool is_connected_ = false;       // CONNACK is in
    bool is_attempting_ = false;
    bool is_leaving_ = false;  // between DISCONNECT and the broker's end of the stream
    bool reads_ = true;
    bool writes_ = false;  // waits for room in the socket
};

}  // namespace leat::mqtt
