// Debug builds watch the rule "nobody pushes inside settle" at every element that the host itself puts into a route.
#pragma once
#include <leat/sdk/flow/broken_rule.hpp>

namespace leat::runtime {

#ifndef NDEBUG
inline thread_local int settle_depth = 0;

struct SettleScope {
    SettleScope() { ++settle_depth; }
    ~SettleScope() { --settle_depth; }
    SettleScope(const SettleScope&) = delete;
    SettleScope& operator=(const SettleScope&) = delete;
};

inline void assert_may_push() {
    if (settle_depth > 0) broken_rule("push inside settle; defer it to the next turn of the shard");
}
#else
struct SettleScope {
    SettleScope() {}  // NOLINT(modernize-use-equals-default): not trivial, or each use would warn as unused
};
inline void assert_may_push() {}
#endif

}  // namespace leat::runtime
