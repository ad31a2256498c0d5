#include "decompressor.hpp"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

namespace leat::decompress {
namespace {

// Output that grows with what comes out. It takes one byte more than the limit, to see that there is more.
class Output {
  public:
    Output(std::string& into, size_t most, size_t input) : into_(into), most_(most + 1) {
        into_.resize(std::min(most_, std::max<size_t>(4 * input, 1024)));
    }
    char* at() { return into_.data() + used_; }
    size_t room() const { return into_.size() - used_; }
    void wrote(size_t n) { used_ += n; }
    /// Makes room where there is none. False: the limit is passed.
    bool make_room() {
        if (room() > 0) return true;
        if (into_.size() == most_) return false;
        into_.resize(std::min(most_, into_.size() * 2));
        return true;
    }
    bool finish() { return into_.resize(used_), used_ < most_; }

  private:
    std::string& into_;
    const size_t most_;
    size_t used_ = 0;
};

bool wrong(std::string& why, Method method, size_t at, std::string_view what) {
    why = "the payload is no whole " + std::string(name_of(method)) + ": at byte " + std::to_string(at) + ": " +
          std::string(what);
    return false;
}
bool too_large(std::string& why, size_t most) {
    why = "the payload is larger than max_size (" + std::to_string(most) + " bytes) when decompressed";
    return false;
}
constexpr std::string_view kEnds = "it ends in the middle";

class Zstd : public Decompressor {
  public:
    Zstd() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
        if (!context_) throw std::bad_alloc();
    }
    bool decompress(std::string_view payload, size_t most, std::string& out, std::string& why) override {
        ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
        Output output(out, most, payload.size());
        ZSTD_inBuffer in{payload.data(), payload.size(), 0};
        for (;;) {
            ZSTD_outBuffer to{output.at(), output.room(), 0};
            const size_t left = ZSTD_decompressStream(context_.get(), &to, &in);
            output.wrote(to.pos);
            if (ZSTD_isError(left)) return wrong(why, Method::zstd, in.pos, ZSTD_getErrorName(left));
            if (left == 0 && in.pos == in.size) break;  // at the end of a frame
            const bool is_waiting = output.room() > 0 && in.pos == in.size;
            if (is_waiting) return wrong(why, Method::zstd, in.pos, kEnds);
            if (!output.make_room()) return too_large(why, most);
        }
        return output.finish() || too_large(why, most);
    }

  private:
    const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
};

class Gzip : public Decompressor {
  public:
    Gzip() {
        constexpr int kGzip = 15 + 16;  // the largest window, gzip headers only: zlib's manual, inflateInit2
        if (inflateInit2(&stream_, kGzip) != Z_OK) throw std::bad_alloc();
    }
    ~Gzip() override { inflateEnd(&stream_); }
    bool decompress(std::string_view payload, size_t most, std::string& out, std::string& why) override {
        if (payload.size() > kMostAtOnce) return wrong(why, Method::gzip, kMostAtOnce, "it is larger than 1 GiB");
        inflateReset(&stream_);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
        stream_.avail_in = static_cast<uInt>(payload.size());
        Output output(out, most, payload.size());
        for (;;) {
            const auto room = static_cast<uInt>(std::min(output.room(), kMostAtOnce));
            stream_.next_out = reinterpret_cast<Bytef*>(output.at());
            stream_.avail_out = room;
            const int code = inflate(&stream_, Z_NO_FLUSH);
            output.wrote(room - stream_.avail_out);
            const size_t at = payload.size() - stream_.avail_in;
            if (code == Z_STREAM_END) {
                if (stream_.avail_in == 0) break;
                inflateReset(&stream_);  // another member
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                return wrong(why, Method::gzip, at, stream_.msg ? stream_.msg : "corrupt");
            } else if (output.room() > 0 && stream_.avail_in == 0) {
                return wrong(why, Method::gzip, at, kEnds);
            }
            if (!output.make_room()) return too_large(why, most);
        }
        return output.finish() || too_large(why, most);
    }

  private:
    static constexpr size_t kMostAtOnce = 1u << 30;
    z_stream stream_{};
};

class Lz4 : public Decompressor {
  public:
    Lz4() {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION))) throw std::bad_alloc();
    }
    ~Lz4() override { LZ4F_freeDecompressionContext(context_); }
    bool decompress(std::string_view payload, size_t most, std::string& out, std::string& why) override {
        LZ4F_resetDecompressionContext(context_);
        Output output(out, most, payload.size());
        size_t at = 0;
        for (;;) {
            size_t written = output.room(), read = payload.size() - at;
            const size_t left = LZ4F_decompress(context_, output.at(), &written, payload.data() + at, &read, nullptr);
            if (LZ4F_isError(left)) return wrong(why, Method::lz4, at, LZ4F_getErrorName(left));
            at += read;
            output.wrote(written);
            if (left == 0 && at == payload.size()) break;  // at the end of a frame
            const bool is_waiting = output.room() > 0 && at == payload.size();
            if (is_waiting) return wrong(why, Method::lz4, at, kEnds);
            if (!output.make_room()) return too_large(why, most);
        }
        return output.finish() || too_large(why, most);
    }

  private:
    LZ4F_dctx* context_ = nullptr;
};

}  // namespace

std::optional<Method> method_of(std::string_view payload) {
    using namespace std::string_view_literals;
    if (payload.starts_with("\x28\xb5\x2f\xfd"sv)) return Method::zstd;  // RFC 8878, 3.1.1
    if (payload.starts_with("\x1f\x8b"sv)) return Method::gzip;          // RFC 1952, 2.3.1
    if (payload.starts_with("\x04\x22\x4d\x18"sv)) return Method::lz4;   // LZ4 frame format
    return std::nullopt;
}

const char* name_of(Method method) {
    static constexpr const char* kNames[] = {"zstd", "gzip", "lz4"};
    return kNames[static_cast<int>(method)];
}

std::unique_ptr<Decompressor> make_decompressor(Method method) {
    switch (method) {
        case Method::zstd:
            return std::make_unique<Zstd>();
        case Method::gzip:
            return std::make_unique<Gzip>();
        default:
            return std::make_unique<Lz4>();
    }
}

}  // namespace leat::decompress
