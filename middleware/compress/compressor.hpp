// One compression method with what it keeps from payload to payload.
//
//     auto zstd = make_compressor(Method::zstd, 3);
//     zstd->compress(payload, out);       // out: a whole frame of its own
//
// On one thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace leat::compress {

enum class Method { zstd, gzip, lz4 };

class Compressor {
  public:
    virtual ~Compressor() = default;
    /// Replaces `out` by the compressed payload. Throws std::runtime_error when the library fails (out of memory).
    virtual void compress(std::string_view payload, std::string& out) = 0;
};

/// level  nothing: the method's own default. Throws std::invalid_argument when the method has no such level.
std::unique_ptr<Compressor> make_compressor(Method method, std::optional<int> level);

}  // namespace leat::compress
