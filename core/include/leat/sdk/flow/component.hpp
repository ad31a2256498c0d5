// The frames that a C++ component shows to the C header: life cycle, inlet, settler; and the exception barrier.
//
// The SDK's Stage, Handler, Source, Sink and Part derive from these; an author meets only those.
#pragma once
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/services.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace leat {
inline namespace v1 {

/// What an exception says, for a log line or a reject. Call inside a catch block.
inline std::string current_exception_text() {
    try {
        throw;
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

/// Messages handed over by push, taken one by one or all together.
///
/// When push throws, the barrier settles the message taken last as reject, with the exception's words, and calls push
/// again with the rest: so throw only while you have neither kept nor settled the current one.
class Batch {
  public:
    Batch(leat_message* messages, size_t n) : messages_(messages), n_(n) {}
    /// The next message, now yours; nullptr when there is none.
    leat_message* next() { return taken_ < n_ ? &messages_[taken_++] : nullptr; }
    /// All that were not taken yet, now yours.
    leat_message* all(size_t& n) {
        leat_message* first = messages_ + taken_;
        n = n_ - taken_;
        taken_ = n_;
        return first;
    }
    size_t left() const { return n_ - taken_; }
    leat_message* last() { return taken_ ? &messages_[taken_ - 1] : nullptr; }
    /// Takes those that were not taken yet and for which f(message) is true: f has dealt with them.
    template <class F>
    void remove_if(F&& f) {
        size_t kept = taken_;
        for (size_t i = taken_; i < n_; ++i) {
            if (!f(messages_[i])) messages_[kept++] = messages_[i];
        }
        n_ = kept;
    }

  private:
    leat_message* messages_;
    size_t n_;
    size_t taken_ = 0;
};

/// A component as the host sees it.
class Component {
  public:
    Component() {
        frame_.size = sizeof(leat_component);
        frame_.reserved = 0;
        frame_.inlet = nullptr;
        frame_.flow = nullptr;
        frame_.start = [](leat_component* c, leat_inlet* next) {
            guarded(*owner(c), [next](Component& o) { o.on_start(next); });
        };
        frame_.hold = nullptr;
        frame_.stop = [](leat_component* c) { guarded(*owner(c), [](Component& o) { o.stop(); }); };
        frame_.destroy = [](leat_component* c) { delete owner(c); };
        frame_.extension = nullptr;
        frame_.owner = this;
    }
    Component(const Component&) = delete;
    Component& operator=(const Component&) = delete;
    virtual ~Component() = default;

    leat_component* c() { return &frame_; }

    /// Called once by the SDK before open().
    void attach(const Setup& setup) { setup_ = setup; }

    /// After options are bound, before start: the place for set-up of your own. May throw: the reason is shown.
    virtual void open() {}
    /// Begins work; never blocks.
    virtual void start() {}
    /// Gives up what you hold, then calls stopped(), here or later.
    virtual void stop() { stopped(); }

    /// The host's services; valid from attach() on.
    const Services& services() const { return setup_.services; }
    const leat_identity& identity() const { return *setup_.identity; }

  protected:
    void stopped() { services().host->stopped(services().me); }
    virtual void on_start(leat_inlet*) { start(); }

    struct Frame : leat_component {
        Component* owner;
    };
    Frame frame_;

    static Component* owner(leat_component* c) { return static_cast<Frame*>(c)->owner; }

    // Inlined: what f captures stays in registers, which is 3 ns of an acknowledgement in a call of its own.
    template <class F>
    [[gnu::always_inline]] static void guarded(Component& o, F&& f) {
        try {
            f(o);
        } catch (...) {
            o.tell_exception();
        }
    }

  private:
    [[gnu::cold, gnu::noinline]] void tell_exception() const { services().failed(current_exception_text()); }

    Setup setup_;
};

/// A component that receives messages.
class Receiver : public Component {
  public:
    Receiver() {
        inlet_.push = [](leat_inlet* i, leat_message* m, size_t n) { static_cast<Inlet*>(i)->owner->receive(m, n); };
        inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
            Receiver& o = *static_cast<Inlet*>(i)->owner;
            guarded(o, [&](Component&) { o.signal(what, arg); });
        };
        inlet_.owner = this;
        frame_.inlet = &inlet_;
    }

    /// Takes over the messages of the batch: settle, keep or pass on each that you take.   // hot: per batch
    virtual void push(Batch& batch) = 0;
    /// LEAT_SIGNAL_...
    virtual void signal(uint32_t what, uint64_t arg) = 0;

  protected:
    virtual void receive(leat_message* messages, size_t n) {
        Batch batch(messages, n);
        while (batch.left()) {
            try {
                push(batch);
                if (batch.left()) throw std::logic_error("push returned without taking all messages");
            } catch (...) {
                const std::string why = current_exception_text();
                const leat_message* failed = batch.last() ? batch.last() : batch.next();
                give_back(*failed, why, batch);
            }
        }
    }
    /// Ends a message at which push threw. rest: what is still to come of its batch.
    virtual void give_back(const leat_message& failed, std::string_view why, Batch& rest) {
        (void)rest;
        Settlements().end(failed, LEAT_REJECT, LEAT_NONE, why);
    }

  private:
    struct Inlet : leat_inlet {
        Receiver* owner;
    };
    Inlet inlet_;
};

}  // namespace v1
}  // namespace leat
