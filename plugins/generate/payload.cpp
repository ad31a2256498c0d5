#include "payload.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace leat::generate {
namespace {

constexpr int32_t kColdest = 2000, kHottest = 10000;  // hundredths of a degree

uint64_t next_random(uint64_t r) { return r * 6364136223846793005u + 1442695040888963407u; }  // Knuth, MMIX

char* put(char* at, std::string_view text) { return std::copy(text.begin(), text.end(), at); }

template <class T>
char* put_number(char* at, T number) {
    return std::to_chars(at, at + Numbers::kMostDigits, number).ptr;
}

}  // namespace

void Numbers::seek(uint64_t number) {
    const std::string text = std::to_string(number);
    digits_.fill('0');
    std::copy(text.begin(), text.end(), digits_.end() - static_cast<std::ptrdiff_t>(text.size()));
    count_ = text.size();
    last_two_ = static_cast<uint32_t>(number % 100);
}

// The last two digits have run over.
void Numbers::carry() {
    last_two_ = 0;
    size_t i = kMostDigits - 3;
    while (digits_[i] == '9') digits_[i--] = '0';
    ++digits_[i];
    count_ = std::max(count_, kMostDigits - i);
}

Sensors::Sensors(size_t least_size, uint32_t devices, uint64_t seed)
    : least_size_(least_size), random_(seed * 2 + 1), hundredths_(devices) {
    for (int32_t& t : hundredths_) {
        random_ = next_random(random_);
        t = kColdest + static_cast<int32_t>((random_ >> 40) % (kHottest - kColdest));
    }
}

int32_t Sensors::walk(uint32_t device) {
    random_ = next_random(random_);
    const auto step = static_cast<int32_t>(random_ >> 40) % 201 - 100;
    int32_t& now = hundredths_[device];
    now = std::clamp(now + step, kColdest, kHottest);
    return now;
}

size_t Sensors::write(char* at, uint32_t device, uint64_t number) {
    char* const begin = at;
    const int32_t value = walk(device);
    at = put(at, R"({"value": )");
    at = put_number(at, value / 100);
    *at++ = '.';
    *at++ = static_cast<char>('0' + value % 100 / 10);
    *at++ = static_cast<char>('0' + value % 10);
    at = put(at, R"(, "device": )");
    at = put_number(at, device);
    at = put(at, R"(, "n": )");
    at = put_number(at, number);
    *at++ = '}';
    while (at < begin + least_size_) *at++ = ' ';
    return static_cast<size_t>(at - begin);
}

}  // namespace leat::generate
