// Every message leaves later than it came.
#pragma once
#include "holding/postponer.hpp"

namespace leat::delay {

enum class Since { arrival, timestamp };

class Delay : public holding::Postponer {
  public:
    Nanoseconds time{};
    Since since = Since::arrival;

    static auto options() {
        return leat::options(
            option<&Delay::time>("for", "How long a message is held back.").required().example("\"5s\""),
            option<&Delay::since>("since",
                                  "From when that is counted: the message's arrival here, or its timestamp (an old "
                                  "message then passes at once; one without a timestamp counts from its arrival).")
                .allowed({"arrival", "timestamp"}));
    }

    void open() override;

  protected:
    void take(leat_message* all, size_t n) override;
};

}  // namespace leat::delay
