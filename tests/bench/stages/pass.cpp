// A handler for measurements that lets everything pass. Built twice, as two libraries.
#include <leat/sdk/export.hpp>

struct Pass : leat::Handler {
    void handle(leat::Message&) override {}  // hot: per message
};
LEAT_HANDLER(Pass, PASS_NAME, "1.0.0", "Lets everything pass.")
