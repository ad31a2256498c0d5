// A message that has no outcome in time is tried again, or rejected.
#pragma once
#include <chrono>
#include <string>

#include "holding/ages.hpp"
#include "holding/keeper.hpp"
#include "holding/own_receipts.hpp"

namespace leat::timeout {

enum class Then { retry, reject };

class Timeout : public holding::Keeper {
  public:
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC;

    std::chrono::milliseconds after{};
    Then then = Then::retry;
    uint32_t max_late = 1000;

    static auto options() {
        return leat::options(
            option<&Timeout::after>("after", "How long the stages and the sink below have for a message.")
                .required()
                .range(1e6, 1e18)
                .example("\"30s\""),
            option<&Timeout::then>("then",
                                   "What is told of a message without outcome: retry (on_failure tries again) or "
                                   "reject (on_failure gives it up: dead letter ...).")
                .allowed({"retry", "reject"}),
            option<&Timeout::max_late>("max_late",
                                       "So many messages may be given up here and still be under way below; while "
                                       "there are as many, no more are given up. It bounds the copies in memory.")
                .range(1, 1e7)
                .advanced());
    }

    void open() override;

  protected:
    void take(leat_message* all, size_t n) override;
    void give_up() override { services().cancel(timer_); }
    size_t outstanding() const override { return sent_.size(); }

  private:
    struct Sent {
        leat_receipt receipt{};
        bool is_late = false;  // told above already
    };
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);
    void settled_some();
    void drop_ended();
    void arm();
    void look();

    holding::OwnReceipts<Sent> sent_;
    holding::Ages ages_;  // of those that are not late
    uint64_t timer_ = 0;
    uint32_t late_ = 0;
    std::string reason_;
    leat_counter* timed_out_ = nullptr;
    leat_counter* came_late_ = nullptr;
};

}  // namespace leat::timeout
