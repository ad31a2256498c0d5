// A handler of the redrive test: leaves a byte in a file for each message, and refuses those with an odd number if
// told.
#include <leat/sdk/export.hpp>

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace {

struct Stepper : leat::Handler {
    std::string record;
    bool refuse = false;

    static auto options() {
        return leat::options(
            leat::option<&Stepper::record>("record", "File that grows by one byte with each message.").required(),
            leat::option<&Stepper::refuse>("refuse", "Whether to refuse messages with an odd number."));
    }

    void open() { file_.open(record, std::ios::binary | std::ios::app); }

    void handle(leat::Message& message) override {
        constexpr std::string_view kStart = "{\"n\":";
        std::uint64_t id = 0;
        const auto payload = message.payload();
        if (payload.starts_with(kStart)) {
            std::from_chars(payload.data() + kStart.size(), payload.data() + payload.size(), id);
        }
        file_.put('x').flush();
        if (refuse && id % 2 == 1) message.reject("odd numbers are refused");
    }

  private:
    std::ofstream file_;
};

}  // namespace

LEAT_HANDLER(Stepper, "stepper", "1.0.0", "Refuses messages with an odd number.")
