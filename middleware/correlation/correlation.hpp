// An id in a header that goes along with a message: the one that it has, or one that is made.
#pragma once
#include <leat/sdk/handler.hpp>

#include <random>
#include <string>

namespace leat::correlation {

/// Makes ids of the form UUID version 7 [RFC 9562]: the time in front, so that they sort by it, then chance.
class IdMaker {
  public:
    static constexpr size_t kSize = 36;
    explicit IdMaker(uint64_t seed) : random_(seed) {}

    /// wall  since 1970-01-01 UTC. The view is valid until the next call.   // hot: per message
    std::string_view make(std::chrono::nanoseconds wall);

  private:
    std::mt19937_64 random_;
    char text_[kSize];
};

class Correlation : public Handler {
  public:
    std::string header = "correlation-id";
    Template id;

    static auto options() {
        return leat::options(
            option<&Correlation::header>("header", "The header that carries the id."),
            option<&Correlation::id>("id",
                                     "What becomes the id of a message that has none; by default a UUID (version 7).")
                .example("\"${topic}/${key}\""));
    }

    void handle(Message& message) override {  // hot: per message
        if (message.header(header)) return;
        if (!id) return message.set_header(header, maker_.make(services().wall()));
        const Template::Result made = id(message.c());
        if (!made.ok) return message.reject(view(made.text));
        message.set_header(header, view(made.text));
    }

  protected:
    // Mostly all have one: then nothing has to be looked at message by message.
    void receive(leat_message* messages, size_t n) override {
        for (size_t i = 0; i < n; ++i) {  // hot: per message
            if (!find_header(messages[i], header)) return Handler::receive(messages, n);
        }
        pass(messages, n);
    }

  private:
    IdMaker maker_{(uint64_t{std::random_device()()} << 32) | std::random_device()()};
};

}  // namespace leat::correlation
