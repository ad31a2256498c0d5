// The host's function table, typed: log, clock, timers, deferred calls, watches, state.
//
//     services.log_info("connected to " + url);
//     timer = services.after(250ms, [](void* self) { static_cast<Mine*>(self)->tick(); }, this);
//
// On the shard, but for log and post (any thread).
#pragma once
#include <leat/sdk/flow/message.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace leat {
inline namespace v1 {

using Nanoseconds = std::chrono::nanoseconds;

struct Services {
    const leat_host* host = nullptr;
    leat_instance* me = nullptr;

    using Call = void (*)(void*);

    void log_debug(std::string_view text) const { host->log(me, LEAT_LOG_DEBUG, bytes(text)); }      ///< [any-thread]
    void log_info(std::string_view text) const { host->log(me, LEAT_LOG_INFO, bytes(text)); }        ///< [any-thread]
    void log_warning(std::string_view text) const { host->log(me, LEAT_LOG_WARNING, bytes(text)); }  ///< [any-thread]
    void log_error(std::string_view text) const { host->log(me, LEAT_LOG_ERROR, bytes(text)); }      ///< [any-thread]

    Nanoseconds now() const { return Nanoseconds(host->now_ns()); }    ///< steady
    Nanoseconds wall() const { return Nanoseconds(host->wall_ns()); }  ///< since 1970-01-01 UTC

    void post(Call fn, void* arg) const { host->post(me, fn, arg); }  ///< [any-thread]
    void defer(Call fn, void* arg) const { host->defer(me, fn, arg); }
    uint64_t after(Nanoseconds delay, Call fn, void* arg) const {
        return host->timer_start(me, delay.count(), fn, arg);
    }
    /// Cancels and clears an id; 0 is none.
    void cancel(uint64_t& id) const {
        if (id) host->timer_cancel(me, id);
        id = 0;
    }

    void connecting(std::string_view why) const { host->state(me, LEAT_STATE_CONNECTING, bytes(why), 0); }
    void up(std::string_view why = "") const { host->state(me, LEAT_STATE_UP, bytes(why), 0); }
    void down(std::string_view why, Nanoseconds next_attempt) const {
        host->state(me, LEAT_STATE_DOWN, bytes(why), next_attempt.count());
    }
    /// Does not try again: the route stops with this reason.
    void failed(std::string_view why) const { host->state(me, LEAT_STATE_FAILED, bytes(why), 0); }
};

/// What a component is made with.
struct Setup {
    Services services;
    const leat_identity* identity = nullptr;
};

/// Bytes of the host's that grow; owned.
class Text {
  public:
    explicit Text(const leat_host* host = nullptr) : host_(host) {}
    Text(Text&& other) noexcept : host_(other.host_), text_(other.text_) { other.text_ = {nullptr, 0, 0}; }
    Text& operator=(Text&& other) noexcept {
        std::swap(host_, other.host_);
        std::swap(text_, other.text_);
        return *this;
    }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
    ~Text() {
        if (host_ && text_.data) host_->text_free(&text_);
    }
    leat_text* get() { return &text_; }
    std::string_view view() const { return {text_.data ? text_.data : "", text_.size}; }

  private:
    const leat_host* host_;
    leat_text text_{nullptr, 0, 0};
};

/// A compiled template of an option.
///
///     auto topic = topic_(message);
///     if (!topic.ok) reject(topic.text);
///
/// One object, one scratch: a result is valid until the next call on the same object.
class Template {
  public:
    struct Result {
        bool ok;
        leat_bytes text;  ///< the text, or why not
    };
    Template() = default;
    /// as_written  the text of the option, when known.
    Template(const leat_host* host, const leat_template* compiled, std::string_view as_written = "$")
        : host_(host), compiled_(compiled), scratch_(host), is_literal_(as_written.find('$') == as_written.npos) {}
    explicit operator bool() const { return compiled_ != nullptr; }  ///< whether it was given
    /// Whether it is known to give the same for every message.
    bool is_literal() const { return is_literal_; }
    Result operator()(const leat_message& message) {  // hot: per message
        Result result{};
        result.ok = host_->render(compiled_, &message, scratch_.get(), &result.text) == 1;
        return result;
    }

  private:
    const leat_host* host_ = nullptr;
    const leat_template* compiled_ = nullptr;
    Text scratch_;
    bool is_literal_ = false;
};

/// A compiled condition of an option.
class Condition {
  public:
    enum class Answer : uint32_t { no = 0, yes = 1, unknown = 2 };
    Condition() = default;
    Condition(const leat_host* host, const leat_condition* compiled)
        : host_(host), compiled_(compiled), scratch_(host) {}
    explicit operator bool() const { return compiled_ != nullptr; }
    /// why is set when the answer is unknown.
    Answer operator()(const leat_message& message, leat_bytes& why) {  // hot: per message
        return static_cast<Answer>(host_->holds(compiled_, &message, scratch_.get(), &why));
    }

  private:
    const leat_host* host_ = nullptr;
    const leat_condition* compiled_ = nullptr;
    Text scratch_;
};

/// A secret option: never shown; read again where it came from ${file:}.
class Secret {
  public:
    Secret() = default;
    explicit Secret(const leat_value* value) : value_(value) {}
    explicit operator bool() const { return value_ && value_->type != 0; }
    /// The secret as it is now. False: it cannot be read, `into` says why. Reads a file: not on the message path.
    bool read(Services services, std::string& into) const {
        Text text(services.host);
        const bool ok = services.host->reread(services.me, value_, text.get()) == 1;
        into = text.view();
        return ok;
    }

  private:
    const leat_value* value_ = nullptr;
};

}  // namespace v1
}  // namespace leat
