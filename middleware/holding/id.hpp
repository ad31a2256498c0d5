// Fingerprints of 128 bits: what stands for a message's identity or a key in a table, whatever its length.
//
//     const Fingerprints of;                       // a secret of its own
//     Id id = of.text(view(message.key));
//     Id whole = of.parts({message.topic, message.key, message.payload});
//
// SipHash-2-4 with 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF") under a random secret: nobody
// who does not know it can make two texts collide, and by chance two of a million do with 1 : 10^26. Any thread.
#pragma once
#include <leat/sdk/flow/message.hpp>

#include <bit>
#include <cstring>
#include <initializer_list>
#include <random>

namespace leat::holding {

struct Id {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Id&) const = default;
};

class SipHash {
  public:
    static Id hash(Id key, std::string_view text) {  // hot: per message
        SipHash s(key);
        const char* at = text.data();
        for (size_t left = text.size(); left >= 8; left -= 8, at += 8) s.absorb(word(at, 8));
        s.absorb(word(at, text.size() % 8) | (uint64_t{text.size()} << 56));
        s.v2_ ^= 0xee;
        Id id;
        id.low = s.squeeze();
        s.v1_ ^= 0xdd;
        id.high = s.squeeze();
        return id;
    }

  private:
    explicit SipHash(Id key)
        : v0_(key.low ^ 0x736f6d6570736575u),
          v1_(key.high ^ 0x646f72616e646f6du ^ 0xee),
          v2_(key.low ^ 0x6c7967656e657261u),
          v3_(key.high ^ 0x7465646279746573u) {}

    static uint64_t word(const char* at, size_t n) {
        static_assert(std::endian::native == std::endian::little);
        uint64_t w = 0;
        if (n) std::memcpy(&w, at, n);
        return w;
    }
    void absorb(uint64_t w) {
        v3_ ^= w;
        rounds(2);
        v0_ ^= w;
    }
    uint64_t squeeze() {
        rounds(4);
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }
    void rounds(int n) {
        while (n-- > 0) {
            v0_ += v1_, v1_ = std::rotl(v1_, 13) ^ v0_, v0_ = std::rotl(v0_, 32);
            v2_ += v3_, v3_ = std::rotl(v3_, 16) ^ v2_;
            v0_ += v3_, v3_ = std::rotl(v3_, 21) ^ v0_;
            v2_ += v1_, v1_ = std::rotl(v1_, 17) ^ v2_, v2_ = std::rotl(v2_, 32);
        }
    }

    uint64_t v0_, v1_, v2_, v3_;
};

class Fingerprints {
  public:
    Fingerprints() {
        std::random_device random;
        const auto word = [&random] { return (uint64_t{random()} << 32) | random(); };
        secret_ = {word(), word()};
    }
    /// With a secret that is given: the same ids in every process.
    explicit Fingerprints(Id secret) : secret_(secret) {}

    Id text(std::string_view text) const { return SipHash::hash(secret_, text); }  // hot: per message
    /// Of several in a row; absent and empty differ, and so do "ab", "c" and "a", "bc".
    Id parts(std::initializer_list<leat_bytes> all) const {  // hot: per message
        Id id = secret_;
        for (const leat_bytes& part : all) {
            id = SipHash::hash(id, view(part));
            id.low ^= present(part) ? 0 : 1;
        }
        return id;
    }

  private:
    Id secret_;
};

}  // namespace leat::holding
