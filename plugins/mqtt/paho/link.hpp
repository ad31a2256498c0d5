// A Paho client that looks after itself, on a thread of its own, because Paho's calls block while another client of
// the process resolves a name or is in a callback. It connects, subscribes, publishes what it is handed, and tries
// again with backoff; what happens is told to its owner on the shard, in order.
//
//   PahoLink link(services, settings, *this);
//   link.start();                              // later: told(connected)
//   link.publish(message, 17, event.connection); link.flush();   // later: told(delivered, position 17)
//   link.stop();                               // later: told(closed), the last call of the host
//
// On the shard, where not said otherwise. Each connection has a Paho client of its own: nothing of an earlier one,
// and no queue of Paho's, survives it.
#pragma once

#include <leat/sdk/reconnect.hpp>
#include <leat/sdk/services.hpp>

#include <mqtt/async_client.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "native/connection.hpp"
#include "paho/greeting.hpp"
#include "paho/tunnel.hpp"

namespace leat::mqtt {

/// What happened, on its way to the shard. Which members count follows from the kind.
struct PahoEvent {
    enum class Kind : std::uint8_t {
        state,       ///< state, why, next_attempt
        connected,   ///< granted, version, connection
        subscribed,  ///< every filter is granted
        delivered,   ///< position, code: the broker has confirmed, or refused with a code from 0x80
        arrived,     ///< a message is held: see the owner
        lost,
        closed,  ///< after stop(): the thread ends
    };
    Kind kind{};
    std::uint8_t code = 0;
    std::uint32_t state = 0;
    std::uint64_t position = 0;
    std::uint64_t connection = 0;  ///< for publish()
    Nanoseconds next_attempt{};
    std::string why;
    Connack granted;
    Version version = Version::v5;
};

class PahoLink final : private paho::iaction_listener {
  public:
    class Owner {
      public:
        /// In order; the owner may take the strings.                                                       [shard]
        virtual void told(std::vector<PahoEvent>& events) = 0;
        /// A message has come. Its PUBACK leaves when this returns.                            [Paho's receive
        /// thread]
        virtual void arrived(paho::const_message_ptr message) = 0;

      protected:
        ~Owner() = default;
    };

    PahoLink(Services services, PahoSettings settings, Owner& owner);
    ~PahoLink() override;

    void start();
    void stop();

    /// Hands over a message under a number; flush() lets the thread know. It is for one connection, whose number came
    /// with `connected`: when that is lost, told of or not, the message is dropped, for it may not overtake what the
    /// owner will hand over again. `lost` is then on its way.
    void publish(paho::const_message_ptr message, std::uint64_t position, std::uint64_t connection);
    void flush();

    /// Lets nothing more of this connection reach the broker, and ends it.                          [any-thread]
    void cut(std::string why);

    /// Whether the present connection was cut or has ended; what still comes of it is to be left alone. [any-thread]
    [[nodiscard]] bool is_lost();

    /// Puts an event on its way to the shard.                                                       [any-thread]
    void tell(PahoEvent event);

  private:
    struct Outgoing {
        paho::const_message_ptr message;
        std::uint64_t position;
    };
    struct Greeting;

    void on_success(const paho::token& token) override;  // [Paho's receive thread]
    void on_failure(const paho::token& token) override;

    void next_connection();
    [[nodiscard]] std::uint64_t present();
    void run();
    std::string attempt();
    std::string serve();
    std::string subscribe(bool session_present);
    std::string check_granted(const paho::token_ptr& token, const Wanted& wanted);
    bool fall_back(const paho::exception& e);
    std::string explain(const paho::exception& e) const;
    std::string wait_for(const paho::token_ptr& token, Nanoseconds limit);
    void say_goodbye();
    void end_client();
    [[nodiscard]] bool must_end();
    [[nodiscard]] std::string place() const { return settings_.host + ":" + std::to_string(settings_.port); }
    void tell_state(std::uint32_t state, std::string why, Nanoseconds next_attempt = {});
    void lose(std::string why);
    static void drain(void* self);

    Services services_;
    PahoSettings settings_;
    Owner& owner_;
    std::unique_ptr<Greeting> greeting_;
    std::unique_ptr<Tunnel> tunnel_;              // the thread's, but for cut()
    std::unique_ptr<paho::async_client> client_;  // the thread's
    std::thread thread_;

    std::mutex mutex_;  // for what follows
    std::condition_variable wake_;
    std::deque<Outgoing> outgoing_;  // for the connection of this number
    std::uint64_t connection_ = 0;
    std::string lost_why_;
    bool is_lost_ = false;
    bool is_stopping_ = false;

    std::mutex events_mutex_;
    std::vector<PahoEvent> events_;
    std::vector<PahoEvent> taken_;  // shard
};

}  // namespace leat::mqtt
