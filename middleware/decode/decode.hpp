// Payloads that are base64 [RFC 4648] or hex, as the bytes that they stand for.
#pragma once
#include <leat/sdk/handler.hpp>

#include <string>
#include <string_view>

namespace leat::decode {

enum class From { base64, base64url, hex };

/// Appends the bytes of `text`. False: `why` says what is wrong and at which byte. Padding may be missing, but where
/// it stands it is right; letters stand for both cases of hex.
///
/// skips_space  blanks and ends of lines count for nothing; otherwise they are wrong like any other letter
bool decode(From from, std::string_view text, bool skips_space, std::string& into, std::string& why);

/// A message without payload passes as it is; one that cannot be read is rejected.
class Decode : public Handler {
  public:
    From from = From::base64;
    bool skip_space = false;

    static auto options() {
        return leat::options(
            option<&Decode::from>("from",
                                  "What the payload is: base64, base64url (both with or without padding), hex.")
                .allowed({"base64", "base64url", "hex"}),
            option<&Decode::skip_space>("skip_space",
                                        "Whether blanks, tabs and ends of lines in the text count for nothing."));
    }

    void handle(Message& message) override {  // hot: per message
        if (!message.has_payload()) return;
        bytes_.clear();
        if (!decode(from, message.payload(), skip_space, bytes_, why_)) return message.reject(why_);
        message.set_payload(bytes_);
    }

  private:
    std::string bytes_;
    std::string why_;
};

}  // namespace leat::decode
