// Runs a jq program over JSON payloads: each result is a message.
#pragma once
#include <leat/sdk/handler.hpp>

#include "engine.hpp"

#include <optional>

namespace leat::jq {

/// A message without payload passes as it is; without results it is dropped; where the program fails or passes a
/// limit it is rejected.
class Jq : public Handler {
  public:
    std::string program;
    bool raw = false;
    std::chrono::milliseconds max_time{100};
    uint64_t max_results = 1000;
    Size max_size{16u << 20};
    Size max_memory{256u << 20};

    static auto options() {
        return leat::options(
            option<&Jq::program>("program", "What jq would get on its command line.")
                .required()
                .example("\"{device, celsius: ((.fahrenheit - 32) / 1.8)}\""),
            option<&Jq::raw>("raw", "Whether a result that is a text becomes a payload without quotes."),
            option<&Jq::max_time>("max_time", "The most CPU time for one payload.").range(1e6, 1e9),
            option<&Jq::max_results>("max_results", "The most results of one payload.").range(1, 1000),
            option<&Jq::max_size>("max_size", "The most bytes of all results of one payload.").range(1, 1u << 30),
            option<&Jq::max_memory>("max_memory",
                                    "The most memory for one payload, its parsed values and what the program makes "
                                    "of them.")
                .range(1 << 20, 1ll << 34)
                .advanced());
    }

    void open() override { engine_.emplace(program, limits()); }

    void handle(Message& message) override {  // hot: per message
        if (!message.has_payload()) return;
        const Results& results = results_of(message.payload());
        if (!results.why.empty()) return message.reject(results.why);
        if (results.texts.empty()) return message.drop();
        // The others follow the first in order; each has the message's topic, key and headers.
        const std::string_view key = message.has_key() ? message.key() : std::string_view();
        for (size_t i = 1; i < results.texts.size(); ++i) message.emit(message.topic(), key, results.texts[i]);
        message.set_payload(results.texts[0]);
    }

  protected:
    // All payloads of a batch go to the engine's thread together.
    void receive(leat_message* messages, size_t n) override {
        engine_->clear();
        prepared_.clear();
        for (size_t i = 0; i < n; ++i) {
            if (!present(messages[i].payload)) continue;
            engine_->add(view(messages[i].payload));
            prepared_.push_back(view(messages[i].payload));
        }
        engine_->run();
        next_ = 0;
        Handler::receive(messages, n);
        engine_->clear();
        prepared_.clear();
    }

  private:
    Limits limits() const { return {max_time, max_results, max_size.bytes, max_memory.bytes, raw}; }
    // Of the batch in hand, in its order; a message that waited is looked at alone.
    const Results& results_of(std::string_view payload) {
        for (size_t i = next_; i < prepared_.size(); ++i) {
            if (prepared_[i].data() != payload.data() || prepared_[i].size() != payload.size()) continue;
            next_ = i + 1;
            return engine_->results(i);
        }
        if (!alone_) alone_.emplace(program, limits());
        alone_->clear();
        alone_->add(payload);
        alone_->run();
        return alone_->results(0);
    }

    std::optional<Engine> engine_, alone_;
    std::vector<std::string_view> prepared_;  // payloads whose results the engine has
    size_t next_ = 0;
};

}  // namespace leat::jq
