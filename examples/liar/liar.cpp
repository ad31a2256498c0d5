// The stage `liar`: a planted loss. It drops every n-th message and says that it has landed, which a real stage must
// never do (it would settle LEAT_ACK with LEAT_DROPPED). The auditors of the demo and of the tests have to find it
// out.
//
//     { "plugin": "liar", "every": 100 }
#include <leat/sdk/export.hpp>

namespace {

struct Liar : leat::Stage {
    uint64_t every = 100;

    static auto options() {
        return leat::options(
            leat::option<&Liar::every>("every", "Drops one message of so many, and says that it landed.")
                .range(1, 1e18));
    }

    void push(leat::Batch& batch) override {
        size_t n = 0;
        leat_message* messages = batch.all(n);
        leat::Settlements lies;
        size_t kept = 0;
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            if (++seen_ % every == 0) {
                lies.end(messages[i], LEAT_ACK, LEAT_NONE);
            } else {
                messages[kept++] = messages[i];
            }
        }
        pass(messages, kept);
    }

  private:
    uint64_t seen_ = 0;
};

}  // namespace

LEAT_STAGE(Liar, "liar", "1.0.0", "Loses messages and lies about it, so that auditors can be tested.")
