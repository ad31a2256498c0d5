// A handler for measurements that lets everything pass. Built twice, as two libraries.
#include <leat/sdk/export.hpp>

struct Pass : leat::Handler {
    uint64_t odd = 0;
    // Looks at each message, as the bare stage does: the loop around an empty handler would go away as a whole.
    void handle(leat::Message& m) override {  // hot: per message
        const std::string_view payload = m.payload();
        odd += payload.empty() ? 0U : static_cast<uint64_t>(payload[0]) & 1;
    }
};
LEAT_HANDLER(Pass, PASS_NAME, "1.0.0", "Lets everything pass.")
