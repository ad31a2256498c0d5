// Publishers that keep their last messages back, so that a test knows there is something to come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tools/arguments.hpp"

namespace leat::test {

/** `--first-part N --until FILE`: only N messages are published before FILE exists. */
class Hold {
  public:
    explicit Hold(const Arguments& arguments)
        : part_(arguments.number("first-part", ~0ULL)), file_(arguments.text("until", "")) {}

    /** How many of `count` may be published, `sent` of them having been. */
    std::uint64_t allowed(std::uint64_t count, std::uint64_t sent) {
        if (sent >= part_ && std::filesystem::exists(file_)) part_ = ~0ULL;
        return std::min(count, part_);
    }

  private:
    std::uint64_t part_;
    std::string file_;
};

}  // namespace leat::test
