// Binary payloads as text: base64 [RFC 4648] or hex.
#pragma once
#include <leat/sdk/handler.hpp>

#include <string>
#include <string_view>

namespace leat::encode {

enum class As { base64, base64url, hex };

/// Appends the text of `bytes`. base64 is padded, base64url is not; hex is in small letters.
void encode(As as, std::string_view bytes, std::string& into);

/// A message without payload passes as it is.
class Encode : public Handler {
  public:
    As as = As::base64;

    static auto options() {
        return leat::options(option<&Encode::as>("as",
                                                 "base64: with padding. base64url: for URLs and file names, without "
                                                 "padding. hex: small letters. [RFC 4648]")
                                 .allowed({"base64", "base64url", "hex"}));
    }

    void handle(Message& message) override {  // hot: per message
        if (!message.has_payload()) return;
        text_.clear();
        encode(as, message.payload(), text_);
        message.set_payload(text_);
    }

  private:
    std::string text_;
};

}  // namespace leat::encode
