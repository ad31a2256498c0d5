// Payloads, written one behind the other into the memory of a batch.
//
//     Numbers numbers(100);            // of at least 100 bytes
//     numbers.seek(17);
//     numbers.lay_zeros(at, 2);
//     at += numbers.write(at);         // "000...017", then 18
//
// On the shard only.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace leat::generate {

/// Decimal numbers with zeros in front, counted in text: nothing is formatted per message.
class Numbers {
  public:
    static constexpr size_t kMostDigits = 20;

    explicit Numbers(size_t least_size) : least_size_(least_size) { digits_.fill('0'); }

    void seek(uint64_t number);
    size_t largest() const { return std::max(least_size_, kMostDigits); }

    /// The zeros of the next n numbers, which write() leaves as they are: at once for a batch, because a copy of its
    /// own for each took 27 instructions a message at 100 bytes.
    void lay_zeros(char* at, size_t n) const { std::memset(at, '0', n * least_size_); }  // hot: per batch

    /// Writes the number and goes on to the next; returns its size.
    size_t write(char* at) {  // hot: per message
        const char* const last_two = kTwoDigits.data() + size_t{2} * last_two_;
        size_t size = least_size_;
        if (size >= kMostDigits) {
            std::memcpy(at + size - kMostDigits, digits_.data(), kMostDigits);
            std::memcpy(at + size - 2, last_two, 2);
        } else {
            size = std::max(size, count_);
            std::memcpy(at + size - count_, digits_.data() + kMostDigits - count_, count_);
            const size_t n = std::min<size_t>(count_, 2);
            std::memcpy(at + size - n, last_two + 2 - n, n);
        }
        if (++last_two_ == 10) count_ = std::max<size_t>(count_, 2);
        if (last_two_ == 100) carry();
        return size;
    }

  private:
    void carry();

    static constexpr std::array<char, 200> kTwoDigits = [] {
        std::array<char, 200> all{};
        for (size_t i = 0; i < 100; ++i) {
            all[2 * i] = static_cast<char>('0' + i / 10);
            all[2 * i + 1] = static_cast<char>('0' + i % 10);
        }
        return all;
    }();

    size_t least_size_;
    std::array<char, kMostDigits> digits_;  // right-aligned; all but the last two
    size_t count_ = 1;                      // of digits without zeros in front
    // The last two digits. Apart, because a copy that reads what was written a moment ago in other pieces waits for
    // it (7 ns a message with all digits in one place).
    uint32_t last_two_ = 0;
};

/// What a stamped payload begins with; the console's format measure reads it.
///
///     0  "LEAT"   4  stream, 32 bits   8  number, 64 bits   16  due, ns of the steady clock, 64 bits
///
/// Integers are as this machine has them; dots fill up to the size.
class Stamps {
  public:
    static constexpr size_t kLeast = 24;
    static constexpr std::string_view kMagic = "LEAT";

    explicit Stamps(size_t least_size) : size_(least_size > kLeast ? least_size : kLeast) {}
    size_t largest() const { return size_; }

    /// The dots of the next n, which write() leaves as they are.
    void lay_dots(char* at, size_t n) const { std::memset(at, '.', n * size_); }  // hot: per batch

    size_t write(char* at, uint32_t stream, uint64_t number, int64_t due_ns) const {  // hot: per message
        std::memcpy(at, kMagic.data(), kMagic.size());
        std::memcpy(at + 4, &stream, 4);
        std::memcpy(at + 8, &number, 8);
        std::memcpy(at + 16, &due_ns, 8);
        return size_;
    }

  private:
    size_t size_;
};

/// Temperatures of devices: each walks at random between 20 and 100 degrees, the seed decides how.
class Sensors {
  public:
    static constexpr size_t kMost = 96;  // bytes of the JSON text at most

    Sensors(size_t least_size, uint32_t devices, uint64_t seed);
    size_t largest() const { return least_size_ > kMost ? least_size_ : kMost; }

    /// Writes the next temperature of a device; returns the size.
    size_t write(char* at, uint32_t device, uint64_t number);

  private:
    int32_t walk(uint32_t device);

    size_t least_size_;
    uint64_t random_;
    std::vector<int32_t> hundredths_;  // of a degree, by device
};

}  // namespace leat::generate
