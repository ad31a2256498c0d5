// For tests that break the rules of plugin.h on purpose.
//
//   BrokenRules rules;
//   settler->settle(settler, &same_again, 1);
//   CHECK(rules.count() == kExpected);           // debug builds would have aborted
#pragma once

#include <leat/sdk/flow/broken_rule.hpp>

#include <atomic>
#include <cstddef>

namespace leat::test {

/** While it lives, rules of plugin.h may be broken: debug builds count it instead of aborting. One at a time. */
class BrokenRules {
  public:
    BrokenRules() {
        counted() = 0;
        on_broken_rule = [](const char*) { ++counted(); };
    }
    ~BrokenRules() { on_broken_rule = nullptr; }
    BrokenRules(const BrokenRules&) = delete;
    BrokenRules& operator=(const BrokenRules&) = delete;
    size_t count() const { return counted(); }

  private:
    static std::atomic<size_t>& counted() {
        static std::atomic<size_t> n = 0;
        return n;
    }
};

}  // namespace leat::test
