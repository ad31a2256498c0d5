// A message that holds several becomes these. It is settled when all of them are, with the worst outcome.
#pragma once
#include <string>
#include <vector>

#include "holding/spreader.hpp"
#include "split.hpp"

namespace leat::unbatch {

class Unbatch : public holding::Spreader {
  public:
    Format format = Format::lines;
    uint32_t max_messages = 10'000;

    static auto options() {
        return leat::options(
            option<&Unbatch::format>("format",
                                     "How a payload holds messages: lines, json (an array), length_prefixed (each "
                                     "behind its length, 4 bytes, the highest first).")
                .allowed({"lines", "json", "length_prefixed"}),
            option<&Unbatch::max_messages>("max_messages", "A payload that holds more is rejected.").range(1, 1e7));
    }

  protected:
    holding::Verdict spread(const leat_message& message, holding::Why& why) override;

  private:
    std::vector<std::string_view> parts_;
    std::string why_;
};

}  // namespace leat::unbatch
