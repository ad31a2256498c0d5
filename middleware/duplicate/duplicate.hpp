// One message to several topics. It is settled when all copies are, with the worst outcome.
#pragma once
#include <leat/sdk/flow/buffer.hpp>

#include <optional>
#include <vector>

#include "holding/spreader.hpp"

namespace leat::duplicate {

class Duplicate : public holding::Spreader {
  public:
    std::vector<Template> topics;
    bool keep = true;

    static auto options() {
        return leat::options(
            option<&Duplicate::topics>("topics", "A copy goes to each of these; templates, at most 64.")
                .required()
                .example("[\"audit\", \"copy/${topic}\"]"),
            option<&Duplicate::keep>("keep", "Whether the message itself goes on, too, in front of its copies."));
    }

    void open() override;

  protected:
    holding::Verdict spread(const leat_message& message, holding::Why& why) override;
    void rest() override { arena_->close(); }

  private:
    std::optional<Arena> arena_;
};

}  // namespace leat::duplicate
