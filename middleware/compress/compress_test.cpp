#include "compress.hpp"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "support/stage_model.hpp"

using namespace leat::compress;
using namespace leat::test;

namespace {

constexpr Method kAll[] = {Method::zstd, Method::gzip, Method::lz4};
constexpr const char* kNames[] = {"zstd", "gzip", "lz4"};

// Each library's own one-shot way back.
std::string back(Method method, std::string_view from, size_t size) {
    std::string out(size + 1, '\0');
    if (method == Method::zstd) {
        out.resize(ZSTD_decompress(out.data(), out.size(), from.data(), from.size()));
    } else if (method == Method::gzip) {
        z_stream z{};
        REQUIRE(inflateInit2(&z, 31) == Z_OK);
        z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
        z.avail_in = static_cast<uInt>(from.size());
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
        CHECK(z.avail_in == 0);
        out.resize(z.total_out);
        inflateEnd(&z);
    } else {
        LZ4F_dctx* context = nullptr;
        LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
        size_t written = out.size(), read = from.size();
        CHECK(LZ4F_decompress(context, out.data(), &written, from.data(), &read, nullptr) == 0);
        CHECK(read == from.size());
        out.resize(written);
        LZ4F_freeDecompressionContext(context);
    }
    return out;
}

std::string payload(std::mt19937& random) {
    std::string text(random() % 3 == 0 ? random() % 3000 : random() % 50, 'x');
    for (char& c : text) c = static_cast<char>(random() % 5 ? 'a' + random() % 3 : random());
    return text;
}

}  // namespace

TEST_CASE("what is compressed comes back by each library's own way") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const Method method : kAll) {
        auto compressor = make_compressor(method, std::nullopt);
        std::string out;
        for (int i = 0; i < 300; ++i) {
            const std::string text = payload(random);
            compressor->compress(text, out);
            CHECK(back(method, out, text.size()) == text);
        }
        const std::string large(3'000'000, 'a');
        compressor->compress(large, out);
        CHECK(out.size() < 100'000);
        CHECK(back(method, out, large.size()) == large);
    }
}

TEST_CASE("a level that the method does not have is refused in words") {
    CHECK_NOTHROW(make_compressor(Method::zstd, 22));
    CHECK_NOTHROW(make_compressor(Method::zstd, -5));
    CHECK_NOTHROW(make_compressor(Method::gzip, 9));
    CHECK_THROWS_WITH(make_compressor(Method::gzip, 10), "level: gzip has levels from 0 to 9, not 10");
    CHECK_THROWS_WITH(make_compressor(Method::lz4, -1), "level: lz4 has levels from 0 to 12, not -1");
    CHECK_THROWS(make_compressor(Method::zstd, 23));
}

TEST_CASE("large payloads are compressed and labelled, small ones and none pass as they are") {
    std::mt19937 random(3);
    std::vector<Plain> messages;
    for (uint32_t i = 0; i < 400; ++i) {
        messages.push_back({.payload = payload(random), .lane = i % 3});
        if (i % 10 == 0) messages.back().payload.reset();
        if (i % 4 == 0) messages.back().set_header("encoding", "identity");
    }
    for (const Method method : kAll) {
        StageModel<Compress> test([method](Compress& stage, StageRig&) {
            stage.method = method;
            stage.min_size = {20};
            stage.header = "encoding";
        });
        const auto alone = make_compressor(method, std::nullopt);
        test.check(
            [&](Plain m) {
                if (!m.payload || m.payload->size() < 20) return passed(m);
                std::string out;
                alone->compress(*m.payload, out);
                m.payload = out;
                m.set_header("encoding", kNames[static_cast<int>(method)]);
                return passed(m);
            },
            messages);
    }
}
