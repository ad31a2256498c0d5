// Compresses payloads and says so in a header.
#pragma once
#include <leat/sdk/handler.hpp>

#include "compressor.hpp"

namespace leat::compress {

/// A message without payload, or with one smaller than min_size, passes as it is.
class Compress : public Handler {
  public:
    Method method = Method::zstd;
    std::optional<int> level;
    Size min_size{};
    std::string header = "content-encoding";

    static auto options() {
        return leat::options(option<&Compress::method>("method", "How to compress.").allowed({"zstd", "gzip", "lz4"}),
                             option<&Compress::level>(
                                 "level",
                                 "How hard to try: zstd up to 22 (by default 3; below 0 faster still), gzip 0 to 9 "
                                 "(6), lz4 0 to 12 (0)."),
                             option<&Compress::min_size>("min_size", "Payloads smaller than this pass as they are.")
                                 .example("\"256B\""),
                             option<&Compress::header>(
                                 "header", "Header that gets the method's name, for who reads it; empty: none."));
    }

    void open() override { compressor_ = make_compressor(method, level); }
    void handle(Message& message) override {  // hot: per message
        static constexpr const char* kNames[] = {"zstd", "gzip", "lz4"};
        if (!message.has_payload() || message.payload().size() < min_size.bytes) return;
        compressor_->compress(message.payload(), out_);
        message.set_payload(out_);
        if (!header.empty()) message.set_header(header, kNames[static_cast<int>(method)]);
    }

  private:
    std::unique_ptr<Compressor> compressor_;
    std::string out_;
};

}  // namespace leat::compress
