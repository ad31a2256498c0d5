// What is rejected below counts as done: acknowledged, told as discarded, with the reasons counted.
#pragma once
#include <string>
#include <vector>

#include "holding/keeper.hpp"
#include "holding/own_receipts.hpp"

namespace leat::ignore_errors {

/// How often which reason was given; of the first kMost different ones.
class Reasons {
  public:
    static constexpr size_t kMost = 32;
    struct One {
        std::string text;
        uint64_t times = 0;
    };
    /// True: it is the first time.
    bool count(std::string_view text);
    const std::vector<One>& all() const { return all_; }
    uint64_t others() const { return others_; }

  private:
    std::vector<One> all_;
    uint64_t others_ = 0;
};

class IgnoreErrors : public holding::Keeper {
  public:
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC | LEAT_STAGE_TAKES_REJECTS;
    std::vector<std::string> reasons;
    bool retries = false;

    static auto options() {
        return leat::options(
            option<&IgnoreErrors::reasons>("reasons",
                                           "Only failures whose reason contains one of these are ignored; by default "
                                           "all.")
                .example("[\"no JSON\", \"too large\"]"),
            option<&IgnoreErrors::retries>("retries", "Whether what is to be tried again is ignored, too."));
    }

    void open() override;

  protected:
    void take(leat_message* all, size_t n) override;
    void give_up() override;
    size_t outstanding() const override { return sent_.size(); }

  private:
    struct Sent {
        leat_receipt receipt{};
    };
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);
    bool is_ignored(const leat_settlement& settlement) const;
    void count(const leat_settlement& settlement);

    holding::OwnReceipts<Sent> sent_;
    Reasons seen_;
    leat_counter* ignored_ = nullptr;
};

}  // namespace leat::ignore_errors
