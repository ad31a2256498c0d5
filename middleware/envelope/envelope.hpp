// A message and all about it as one JSON object, and back:
//
//     {"topic": "a/b", "key": "k", "timestamp": "2026-11-21T15:33:09.000000000Z",
//      "headers": {"unit": "C", "twice": ["1", "2"], "none": null}, "payload": "20.5"}
//
// What is absent is left out. Bytes that are no UTF-8 stand as {"base64": "..."}, wherever they are.
#pragma once
#include <leat/sdk/handler.hpp>

#include "binary.hpp"

#include <string>

namespace leat::envelope {

enum class Mode { wrap, unwrap };
enum class As { text, json, base64 };

/// What cannot be wrapped or unwrapped is rejected as it came.
class Envelope : public Handler {
  public:
    Mode mode = Mode::wrap;
    As payload = As::text;

    static auto options() {
        return leat::options(
            option<&Envelope::mode>("mode", "wrap: all of a message becomes the payload. unwrap: the way back.")
                .allowed({"wrap", "unwrap"})
                .example("\"wrap\""),
            option<&Envelope::payload>("payload",
                                       "How the payload stands in it; the same for both ways. text: as a text, or "
                                       "base64 where it is no UTF-8. json: as the JSON that it is. base64: always.")
                .allowed({"text", "json", "base64"}));
    }

    void handle(Message& message) override;  // hot: per message

  private:
    bool wrap(const Message& message, Json& into);
    bool unwrap(const Json& from, Message& message);
    bool unwrap_headers(const Json& from, Message& message);
    bool read_payload(const Json& value);
    bool say(std::string why) { return why_ = std::move(why), false; }

    std::string bytes_, key_, topic_, why_;
};

}  // namespace leat::envelope
