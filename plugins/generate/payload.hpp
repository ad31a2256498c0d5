// Payloads, written one behind the other into the memory of a batch.
//
//     Numbers numbers(100);            // of at least 100 bytes
//     numbers.seek(17);
//     at += numbers.write(at);         // "000...017", then 18
//
// On the shard only.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace leat::generate {

/// Decimal numbers with zeros in front, counted in text: nothing is formatted per message.
class Numbers {
  public:
    static constexpr size_t kMostDigits = 20;

    explicit Numbers(size_t least_size) : least_size_(least_size), digits_(least_size + kMostDigits, '0') {}

    void seek(uint64_t number);
    size_t largest() const { return digits_.size(); }

    /// Writes the number and goes on to the next; returns its size.
    size_t write(char* at) {  // hot: per message
        const size_t size = digits_.size() - begin_;
        std::memcpy(at, digits_.data() + begin_, size);
        increment();
        return size;
    }

  private:
    void increment() {  // hot: per message
        size_t i = digits_.size() - 1;
        while (digits_[i] == '9') digits_[i--] = '0';
        ++digits_[i];
        if (i < begin_) begin_ = i;
    }

    size_t least_size_;
    std::string digits_;  // right-aligned; the number begins at begin_
    size_t begin_ = 0;
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
