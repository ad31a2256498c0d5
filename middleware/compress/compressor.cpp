#include "compressor.hpp"

#include <lz4frame.h>
#include <lz4hc.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace leat::compress {
namespace {

int within(std::optional<int> level, int standard, int low, int high, const char* method) {
    const int chosen = level.value_or(standard);
    if (chosen >= low && chosen <= high) return chosen;
    throw std::invalid_argument("level: " + std::string(method) + " has levels from " + std::to_string(low) + " to " +
                                std::to_string(high) + ", not " + std::to_string(chosen));
}

[[noreturn]] void fail(const char* method, const std::string& why) {
    throw std::runtime_error(std::string(method) + " cannot compress the payload: " + why);
}

class Zstd : public Compressor {
  public:
    explicit Zstd(std::optional<int> level)
        : level_(within(level, ZSTD_CLEVEL_DEFAULT, ZSTD_minCLevel(), ZSTD_maxCLevel(), "zstd")),
          context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
        if (!context_) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level_);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
    }
    void compress(std::string_view payload, std::string& out) override {
        out.resize(ZSTD_compressBound(payload.size()));
        const size_t n = ZSTD_compress2(context_.get(), out.data(), out.size(), payload.data(), payload.size());
        if (ZSTD_isError(n)) fail("zstd", ZSTD_getErrorName(n));
        out.resize(n);
    }

  private:
    const int level_;
    const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context_;
};

class Gzip : public Compressor {
  public:
    explicit Gzip(std::optional<int> level) {
        constexpr int kGzip = 15 + 16;  // the largest window, a gzip header: zlib's manual, deflateInit2
        const int chosen = within(level, 6, 0, 9, "gzip");
        if (deflateInit2(&stream_, chosen, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    ~Gzip() override { deflateEnd(&stream_); }
    void compress(std::string_view payload, std::string& out) override {
        if (payload.size() > std::numeric_limits<uInt>::max() / 2) fail("gzip", "it is larger than 2 GiB");
        deflateReset(&stream_);
        out.resize(deflateBound(&stream_, static_cast<uLong>(payload.size())));
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
        stream_.avail_in = static_cast<uInt>(payload.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) fail("gzip", stream_.msg ? stream_.msg : "unknown reason");
        out.resize(stream_.total_out);
    }

  private:
    z_stream stream_{};
};

class Lz4 : public Compressor {
  public:
    explicit Lz4(std::optional<int> level) {
        preferences_.compressionLevel = within(level, 0, 0, LZ4HC_CLEVEL_MAX, "lz4");
        preferences_.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
        preferences_.frameInfo.blockMode = LZ4F_blockLinked;
    }
    void compress(std::string_view payload, std::string& out) override {
        preferences_.frameInfo.contentSize = payload.size();
        out.resize(LZ4F_compressFrameBound(payload.size(), &preferences_));
        const size_t n = LZ4F_compressFrame(out.data(), out.size(), payload.data(), payload.size(), &preferences_);
        if (LZ4F_isError(n)) fail("lz4", LZ4F_getErrorName(n));
        out.resize(n);
    }

  private:
    LZ4F_preferences_t preferences_ = LZ4F_INIT_PREFERENCES;
};

}  // namespace

std::unique_ptr<Compressor> make_compressor(Method method, std::optional<int> level) {
    switch (method) {
        case Method::zstd:
            return std::make_unique<Zstd>(level);
        case Method::gzip:
            return std::make_unique<Gzip>(level);
        default:
            return std::make_unique<Lz4>(level);
    }
}

}  // namespace leat::compress
