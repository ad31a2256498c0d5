// Where a route's refused messages go: a sink, confirmed before the source is told.
//
//     dead_letter.send(std::move(refused), step, lane, client);    // client->dead_lettered(...) later
//
// The message goes as its step received it, with the headers leat-route, leat-step, leat-reason, leat-attempts,
// leat-topic, leat-key and leat-time added. One that asks for a retry is sent again; one that is rejected stops the
// route. On the shard; send not inside settle.
#pragma once
#include "route/control.hpp"

#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <string>

namespace leat::route {

class DeadLetterClient {
  public:
    /// The message is the client's again. landed: it is safe in the dead letter; otherwise abandon it.
    virtual void dead_lettered(uint64_t lane, Refused&& refused, bool landed) = 0;

  protected:
    ~DeadLetterClient() = default;
};

class DeadLetter {
  public:
    explicit DeadLetter(Control& route);
    DeadLetter(const DeadLetter&) = delete;
    DeadLetter& operator=(const DeadLetter&) = delete;
    ~DeadLetter();

    void open(leat_inlet* sink) { sink_ = sink; }
    leat_inlet* sink() const { return sink_; }
    void send(Refused&& refused, const std::string& step, uint64_t lane, DeadLetterClient* client);
    /// The route is stopping: what waits to be sent again is given back, what is under way comes back by itself.
    void abandon();
    uint64_t stale() const { return stale_; }  ///< settlements of no message in flight; ignored

  private:
    struct Sent {
        Refused refused;
        std::string step;
        uint64_t lane = 0;
        DeadLetterClient* client = nullptr;
        uint32_t attempts = 0;
        bool waits = false;
    };
    struct Settler : leat_settler {
        DeadLetter* owner;
    };

    void push(uint64_t token, Sent& sent);
    void settle(const leat_settlement* batch, size_t n);
    void settle_one(const leat_settlement& s);
    void again(uint64_t token, Sent& sent, int64_t after_ns);

    Control& route_;
    leat_inlet* sink_ = nullptr;
    Slots<Sent> sent_;
    Settler settler_;
    uint64_t stale_ = 0;
    bool abandoning_ = false;
};

}  // namespace leat::route
