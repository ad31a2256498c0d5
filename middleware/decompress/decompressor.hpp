// One compression method with what it keeps from payload to payload.
//
//     auto zstd = make_decompressor(Method::zstd);
//     if (!zstd->decompress(payload, 16 << 20, out, why)) reject(why);
//
// Reads any bytes: writes no more than the limit, whatever the frame claims. On one thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace leat::decompress {

enum class Method { zstd, gzip, lz4 };

/// The method by the first bytes of a frame; nothing: none of them.
std::optional<Method> method_of(std::string_view payload);
const char* name_of(Method method);

class Decompressor {
  public:
    virtual ~Decompressor() = default;
    /// Replaces `out` by what was compressed: one or more whole frames, nothing behind them. False: `why` says what
    /// is wrong, and where.
    virtual bool decompress(std::string_view payload, size_t most, std::string& out, std::string& why) = 0;
};

std::unique_ptr<Decompressor> make_decompressor(Method method);

}  // namespace leat::decompress
