#include "decompress.hpp"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "support/stage_model.hpp"

using namespace leat::decompress;
using leat::test::StageModel;
using leat::test::StageRig;
using Message = leat::test::Plain;

namespace {

constexpr Method kAll[] = {Method::zstd, Method::gzip, Method::lz4};

// Each library's own one-shot way.
std::string packed(Method method, std::string_view text) {
    std::string out(text.size() * 2 + 1000, '\0');
    size_t n = 0;
    if (method == Method::zstd) {
        n = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1);
    } else if (method == Method::gzip) {
        z_stream z{};
        REQUIRE(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
        z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        z.avail_in = static_cast<uInt>(text.size());
        z.next_out = reinterpret_cast<Bytef*>(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
        n = z.total_out;
        deflateEnd(&z);
    } else {
        n = LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), nullptr);
    }
    return out.substr(0, n);
}

struct Opened {
    bool ok;
    std::string text, why;
};
Opened unpacked(Method method, std::string_view payload, size_t most = 1 << 20) {
    Opened o;
    o.ok = make_decompressor(method)->decompress(payload, most, o.text, o.why);
    return o;
}

std::string some_text(std::mt19937& random, size_t most) {
    std::string text(random() % most, 'x');
    for (char& c : text) c = static_cast<char>(random() % 9 ? 'a' + random() % 3 : random());
    return text;
}

}  // namespace

TEST_CASE("what each library compressed comes back, one frame or several, up to the limit exactly") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const Method method : kAll) {
        for (int i = 0; i < 200; ++i) {
            const std::string a = some_text(random, 5000), b = some_text(random, 50);
            CHECK(method_of(packed(method, a)) == method);
            CHECK(unpacked(method, packed(method, a), a.size()).text == a);
            CHECK(unpacked(method, packed(method, a) + packed(method, b)).text == a + b);
            if (a.empty()) continue;
            const Opened less = unpacked(method, packed(method, a), a.size() - 1);
            CHECK_FALSE(less.ok);
            CHECK(less.why.find("larger than max_size") != std::string::npos);
        }
    }
}

TEST_CASE("a decompression bomb stops at the limit, in memory too") {
    const std::string zeros(64 << 20, '\0');
    for (const Method method : kAll) {
        const std::string bomb = packed(method, zeros);
        const Opened o = unpacked(method, bomb, 1 << 16);
        CHECK_FALSE(o.ok);
        CHECK(o.why.find("larger than max_size (65536 bytes)") != std::string::npos);
        CHECK(o.text.capacity() <= (1 << 20) + 4 * bomb.size());
        CHECK(unpacked(method, bomb, zeros.size()).ok);
    }
}

TEST_CASE("a frame that is cut off, damaged or followed by something else is refused, with the place") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const Method method : kAll) {
        const std::string whole = packed(method, some_text(random, 3000) + "end");
        for (size_t n = 0; n < whole.size(); n += whole.size() / 37 + 1) {
            const Opened cut = unpacked(method, whole.substr(0, n));
            CHECK_FALSE(cut.ok);
            CHECK(cut.why.find("at byte") != std::string::npos);
        }
        CHECK_FALSE(unpacked(method, whole + "trailing").ok);
        for (int i = 0; i < 500; ++i) {  // refused or not, it ends and stays within the limit
            std::string damaged = whole;
            damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
            const Opened o = unpacked(method, damaged, 10000);
            if (o.ok) CHECK(o.text.size() <= 10000);
        }
    }
}

TEST_CASE("one object goes on after a frame that was refused") {
    for (const Method method : kAll) {
        auto with = make_decompressor(method);
        std::string out, why;
        const std::string good = packed(method, "good");
        for (int i = 0; i < 3; ++i) {
            CHECK_FALSE(with->decompress(good.substr(0, good.size() / 2), 100, out, why));
            CHECK(with->decompress(good, 100, out, why));
            CHECK(out == "good");
        }
    }
}

TEST_CASE("messages are decompressed by their first bytes, and lose the header") {
    std::mt19937 random(9);
    std::vector<Message> messages;
    std::vector<std::string> texts;
    for (uint32_t i = 0; i < 400; ++i) {
        texts.push_back(some_text(random, 300));
        messages.push_back({.key = std::to_string(i),
                            .payload = packed(kAll[i % 3], texts.back()),
                            .headers = {{"content-encoding", "?"}, {"h", "1"}},
                            .lane = i % 3});
        if (i % 10 == 0) messages.back().payload.reset();
        if (i % 10 == 1) messages.back().payload = "plain";
        if (i % 10 == 2) messages.back().payload->pop_back();
    }
    for (const Plain plain : {Plain::reject, Plain::pass}) {
        StageModel<Decompress> test([plain](Decompress& stage, StageRig&) { stage.plain = plain; });
        test.check(
            [&](Message m) {
                if (!m.payload) return leat::test::passed(m);
                const auto i = static_cast<size_t>(std::stoi(*m.key));
                if (i % 10 == 1) {
                    return plain == Plain::pass ? leat::test::passed(m)
                                                : leat::test::rejected("begins like no zstd, gzip or lz4");
                }
                if (i % 10 == 2) return leat::test::rejected("ends in the middle");
                m.payload = texts[i];
                m.headers = {{"h", "1"}};
                return leat::test::passed(m);
            },
            messages);
    }
}
