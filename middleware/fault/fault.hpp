// Injects failures at rates: for tests of routes, brokers and those who depend on them.
#pragma once
#include <chrono>
#include <optional>
#include <random>

#include "holding/own_receipts.hpp"
#include "holding/postponer.hpp"
#include "holding/sift.hpp"

namespace leat::fault {

class Fault : public holding::Postponer {
  public:
    double reject = 0;
    double retry = 0;
    double drop = 0;
    double delay = 0;
    std::chrono::milliseconds delay_for{100};
    double settle_twice = 0;
    std::optional<uint64_t> seed;

    static auto options() {
        return leat::options(
            option<&Fault::reject>("reject", "This part of the messages, 0 to 1, is rejected.")
                .range(0, 1)
                .example("0.01"),
            option<&Fault::retry>("retry", "This part is told to be tried again; each try is a new chance.")
                .range(0, 1),
            option<&Fault::drop>("drop", "This part is dropped: acknowledged, counted as filtered.").range(0, 1),
            option<&Fault::delay>("delay", "This part is held back for delay_for; its lane waits for it.")
                .range(0, 1),
            option<&Fault::delay_for>("delay_for", "How long delayed messages are held back."),
            option<&Fault::settle_twice>("settle_twice",
                                         "This part is settled twice, as a defect in a plugin might do.")
                .range(0, 1),
            option<&Fault::seed>("seed", "Begins the chance here, so that it repeats itself."));
    }

    void open() override;

  protected:
    void take(leat_message* all, size_t n) override;
    size_t outstanding() const override { return twice_.size(); }

  private:
    enum class Kind : uint8_t { none, reject, retry, drop, delay, settle_twice };
    struct Sent {
        leat_receipt receipt{};
    };
    Kind draw();
    holding::Verdict inject(leat_message& message, int64_t now, holding::Why& why);
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);

    holding::OwnReceipts<Sent> twice_;
    std::mt19937_64 random_;
    leat_counter* injected_ = nullptr;
};

}  // namespace leat::fault
