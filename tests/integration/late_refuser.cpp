// A stage of the test of strict order: asks twice for another try of every 1,000th message, but only some time after
// it was pushed, so that what stands behind it has the chance to pass; and leaves a byte in a file each time.
#include <leat/sdk/export.hpp>

#include <chrono>
#include <deque>
#include <fstream>
#include <string>
#include <utility>

#include "integration/number.hpp"

namespace {

struct LateRefuser : leat::Stage {
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC;

    std::string record;

    static auto options() {
        return leat::options(
            leat::option<&LateRefuser::record>("record", "File that grows by one byte with each refusal.")
                .required());
    }

    void open() override { file_.open(record, std::ios::binary | std::ios::app); }

    void push(leat::Batch& batch) override {
        std::size_t n = 0;
        leat_message* all = batch.all(n);
        std::size_t kept = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto number = leat::test::number_in(leat::view(all[i].payload));
            if (number > 0 && number % 1000 == 0 && all[i].attempt < 2) {
                refused_.push_back(all[i]);
                services().after(
                    std::chrono::milliseconds(10), [](void* self) { static_cast<LateRefuser*>(self)->refuse(); },
                    this);
            } else {
                all[kept++] = all[i];
            }
        }
        pass(all, kept);
    }

    void stop() override {
        {
            leat::Settlements gone;
            for (const auto& message : std::exchange(refused_, {})) gone.end(message, LEAT_ABANDON);
        }
        stopped();
    }

  private:
    void refuse() {
        if (refused_.empty()) return;
        const leat_message message = refused_.front();
        refused_.pop_front();
        file_.put('x').flush();
        leat::Settlements().end(message, LEAT_RETRY, LEAT_NONE, "not yet");
    }

    std::ofstream file_;
    std::deque<leat_message> refused_;
};

}  // namespace

LEAT_STAGE(LateRefuser, "late_refuser", "1.0.0",
           "Asks twice for another try of every 1,000th message, after some time.")
