// A handler of the order test: asks twice for another try of every 1,000th message, and leaves a byte in a file each
// time.
#include <leat/sdk/export.hpp>

#include <fstream>
#include <string>

#include "integration/number.hpp"

namespace {

struct Refuser : leat::Handler {
    std::string record;

    static auto options() {
        return leat::options(
            leat::option<&Refuser::record>("record", "File that grows by one byte with each refusal.").required());
    }

    void open() override { file_.open(record, std::ios::binary | std::ios::app); }

    void handle(leat::Message& message) override {
        const std::uint64_t id = leat::test::number_in(message.payload());
        if (id == 0 || id % 1000 != 0 || message.attempt() >= 2) return;
        file_.put('x').flush();
        message.retry("not yet");
    }

  private:
    std::ofstream file_;
};

}  // namespace

LEAT_HANDLER(Refuser, "refuser", "1.0.0", "Asks twice for another try of every 1,000th message.")
