// `--name value` words of a test program.
//
//   const Arguments arguments(argc, argv, "usage: ...");
//   const auto count = arguments.number("count", 1000);
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::test {

class Arguments {
  public:
    /** Ends the program with `usage` and code 2 when a word is not `--name value`. */
    Arguments(int argc, char** argv, std::string_view usage) : usage_(usage) {
        for (int i = 1; i < argc; i += 2) {
            const std::string_view name = argv[i];
            if (!name.starts_with("--") || i + 1 >= argc) fail(name);
            values_[std::string(name.substr(2))].emplace_back(argv[i + 1]);
        }
    }

    bool has(const std::string& name) const { return values_.contains(name); }
    /** The last value given; without one the program ends when there is no `otherwise`. */
    std::string text(const std::string& name) const {
        if (!has(name)) fail("--" + name);
        return values_.at(name).back();
    }
    std::string text(const std::string& name, std::string otherwise) const {
        return has(name) ? text(name) : std::move(otherwise);
    }
    std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
        return has(name) ? std::strtoull(text(name).c_str(), nullptr, 10) : otherwise;
    }
    double real(const std::string& name, double otherwise) const {
        return has(name) ? std::strtod(text(name).c_str(), nullptr) : otherwise;
    }
    /** All values given for a name, in order. */
    std::vector<std::string> list(const std::string& name) const {
        return has(name) ? values_.at(name) : std::vector<std::string>{};
    }

  private:
    [[noreturn]] void fail(std::string_view word) const {
        std::cerr << "what about " << word << "?\n" << usage_ << '\n';
        std::exit(2);
    }

    std::string usage_;
    std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace leat::test
