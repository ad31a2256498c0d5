// Decompresses payloads, up to a size.
#pragma once
#include <leat/sdk/handler.hpp>

#include "decompressor.hpp"

#include <array>

namespace leat::decompress {

enum class Choice { automatic, zstd, gzip, lz4 };
enum class Plain { reject, pass };

/// A message without payload passes as it is; a payload that cannot be decompressed is rejected.
class Decompress : public Handler {
  public:
    Choice method = Choice::automatic;
    Size max_size{16u << 20};
    Plain plain = Plain::reject;
    std::string header = "content-encoding";

    static auto options() {
        return leat::options(
            option<&Decompress::method>("method", "How it was compressed; auto: as its first bytes tell.")
                .allowed({"auto", "zstd", "gzip", "lz4"}),
            option<&Decompress::max_size>(
                "max_size", "The most bytes of a decompressed payload; what would be larger is rejected.")
                .range(1, 1u << 30),
            option<&Decompress::plain>("plain", "With auto, what becomes of a payload that is not compressed.")
                .allowed({"reject", "pass"}),
            option<&Decompress::header>("header",
                                        "Header with the method's name, which is taken away; empty: none."));
    }

    void handle(Message& message) override {  // hot: per message
        if (!message.has_payload()) return;
        const std::optional<Method> known = method == Choice::automatic
                                                ? method_of(message.payload())
                                                : static_cast<Method>(static_cast<int>(method) - 1);
        if (!known) {
            if (plain == Plain::reject) message.reject("the payload begins like no zstd, gzip or lz4");
            return;
        }
        auto& with = decompressors_[static_cast<size_t>(*known)];
        if (!with) with = make_decompressor(*known);
        if (!with->decompress(message.payload(), max_size.bytes, out_, why_)) return message.reject(why_);
        message.set_payload(out_);
        if (!header.empty()) message.remove_header(header);
        if (out_.capacity() > kKeptBytes) out_ = std::string();
    }

  private:
    static constexpr size_t kKeptBytes = 1u << 20;
    std::array<std::unique_ptr<Decompressor>, 3> decompressors_;  // made when first needed
    std::string out_;
    std::string why_;
};

}  // namespace leat::decompress
