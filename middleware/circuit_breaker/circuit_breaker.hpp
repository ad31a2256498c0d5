// Lets nothing pass for a while when what is below keeps failing; then tries with a few.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "health.hpp"
#include "holding/ages.hpp"
#include "holding/keeper.hpp"
#include "holding/own_receipts.hpp"

namespace leat::circuit_breaker {

enum class WhileOpen { hold, refuse };

class CircuitBreaker : public holding::Keeper {
  public:
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC;

    uint32_t failures = 5;
    std::optional<double> failure_rate;
    uint32_t window = 100;
    std::optional<std::chrono::milliseconds> slow;
    std::chrono::milliseconds open_for{30'000};
    uint32_t trials = 1;
    WhileOpen while_open = WhileOpen::hold;

    static auto options() {
        return leat::options(
            option<&CircuitBreaker::failures>("failures",
                                              "Opens after so many failures in a row; 0: does not matter.")
                .range(0, 1e6),
            option<&CircuitBreaker::failure_rate>(
                "failure_rate",
                "Opens when so many of the last messages failed, 0 to 1; by default it does not matter.")
                .range(0.001, 1)
                .example("0.5"),
            option<&CircuitBreaker::window>("window", "Of how many messages failure_rate is taken.").range(1, 1e6),
            option<&CircuitBreaker::slow>("slow",
                                          "A message without outcome for so long counts as failed; by default it "
                                          "counts when it has one.")
                .range(1e6, 1e18)
                .example("\"30s\""),
            option<&CircuitBreaker::open_for>("open_for", "How long nothing passes, until the next try.")
                .range(1e6, 1e18),
            option<&CircuitBreaker::trials>("trials", "So many messages then pass, and must all succeed.")
                .range(1, 1e6),
            option<&CircuitBreaker::while_open>("while_open",
                                                "What becomes of messages meanwhile: hold (they wait here, in order) "
                                                "or refuse (told as retry, with the time that is left).")
                .allowed({"hold", "refuse"}));
    }

    void open() override;
    void signal(uint32_t what, uint64_t arg) override;

  protected:
    void take(leat_message* all, size_t n) override;
    void give_up() override;
    size_t outstanding() const override { return sent_.size(); }

  private:
    enum class State : uint8_t { closed, open, half_open };
    struct Sent {
        leat_receipt receipt{};
        uint64_t epoch = 0;  // of the state that it was sent in; 0: counted already
    };
    bool may_send() const { return state_ == State::closed || (state_ == State::half_open && trials_left_ > 0); }
    void send(leat_message& message, int64_t now);
    void refuse(const leat_message& message, int64_t now, Settlements& up);
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);
    void judge(bool failed);
    void change(State to, const std::string& why);
    void half_open();
    void release();
    void release_soon();
    void arm_slow();
    void look_slow();

    holding::OwnReceipts<Sent> sent_;
    holding::Ages ages_;  // with `slow`
    holding::Ring<leat_message> held_;
    Health health_;
    State state_ = State::closed;
    uint64_t epoch_ = 1;  // grows with each change of state: outcomes of messages sent before do not count
    uint32_t trials_left_ = 0;
    uint32_t trials_passed_ = 0;
    int64_t open_until_ns_ = 0;
    std::string why_;
    uint64_t timer_ = 0;
    uint64_t slow_timer_ = 0;
    bool releases_soon_ = false;
    bool was_flushed_ = false;  // FLUSH came last from above: what goes on later is flushed, too
    leat_counter* opened_ = nullptr;
    leat_counter* is_open_ = nullptr;
    leat_counter* waiting_ = nullptr;
};

}  // namespace leat::circuit_breaker
