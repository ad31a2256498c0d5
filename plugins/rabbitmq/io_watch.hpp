// The shard's end of an IoThread: its rings, its states, and the end of both.
//
//   IoWatch watch(services, thread, [](void* self) { ...batches... }, this);
//   watch.stop([](void* self) { ...over... });
//
// On the shard.
#pragma once

#include <leat/sdk/services.hpp>

#include <functional>
#include <memory>
#include <string>

#include "amqp/io_thread.hpp"

namespace leat::rabbitmq {

/// Makes the settings of a connection with secrets as they are now; false and why: they cannot be read.
using ReadSettings = std::function<bool(Settings&, std::string& why)>;

class IoWatch {
  public:
    using Call = void (*)(void*);

    /// ring  called whenever there may be something to take; notes are to be taken by it too.
    IoWatch(Services services, std::shared_ptr<IoThread> thread, Call ring, void* arg)
        : services_(services), thread_(std::move(thread)), ring_(ring), arg_(arg) {
        watch_ = services_.host->watch_start(
            services_.me, thread_->shard_fd(), LEAT_WATCH_READ,
            [](void* self, std::uint32_t) { static_cast<IoWatch*>(self)->rung(); }, this);
    }
    ~IoWatch() { end(); }
    IoWatch(const IoWatch&) = delete;
    IoWatch& operator=(const IoWatch&) = delete;

    /// Tells the host the states that have come, in order, and each to told(note); where the thread asks for settings
    /// it gets them with secrets as they are now.
    template <class Told>
    void tell_states(const ReadSettings& read_settings, Told&& told) {
        for (const Note& note : thread_->take_notes()) {
            services_.host->state(services_.me, note.state, bytes(note.why), note.next_attempt.count());
            told(note);
            if (!note.asks_for_settings) continue;
            Settings settings;
            std::string why;
            if (read_settings(settings, why))
                thread_->renew(std::move(settings));
            else
                services_.log_warning(why + "; the old value is tried again");
        }
    }

    /// Ends the thread and calls over(arg), here or later; it may end this object. Nothing rings afterwards.
    void stop(Call over) {
        over_ = over;
        if (thread_->stop()) return finish();
        timer_ = services_.after(
            kPatience, [](void* self) { static_cast<IoWatch*>(self)->thread_->cut(); }, this);
    }

  private:
    // A broker under an alarm reads nothing: a call that sends would block for as long as that lasts.
    static constexpr std::chrono::seconds kPatience{2};

    void rung() {
        thread_->answered();
        const bool is_over = over_ != nullptr && thread_->has_ended();
        ring_(arg_);
        if (is_over) finish();
    }
    void finish() {
        const Call over = over_;
        void* const arg = arg_;
        end();
        over(arg);
    }
    void end() {
        if (watch_) services_.host->watch_end(watch_);
        watch_ = nullptr;
        services_.cancel(timer_);
    }

    Services services_;
    std::shared_ptr<IoThread> thread_;
    Call ring_;
    void* arg_;
    Call over_ = nullptr;
    leat_watch* watch_ = nullptr;
    std::uint64_t timer_ = 0;
};

}  // namespace leat::rabbitmq
