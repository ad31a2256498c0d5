// A rule of plugin.h that somebody breaks: debug builds say so and abort, others go on by what the rule's text says
// for that case.
//
//     if (kChecksRules && was_settled) broken_rule("a receipt was settled twice");
//
// Any thread. A test that breaks a rule on purpose sets on_broken_rule before, and takes it away after.
#pragma once
#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace leat {
inline namespace v1 {

#ifdef NDEBUG
inline constexpr bool kChecksRules = false;
#else
inline constexpr bool kChecksRules = true;
#endif

/// Called instead of the abort; for tests.
inline std::atomic<void (*)(const char* what)> on_broken_rule{nullptr};

inline void broken_rule(const char* what) {
    if (auto* told = on_broken_rule.load()) return told(what);
    std::fprintf(stderr, "leat: %s (plugin.h)\n", what);
    std::abort();
}

/// A settlement that nothing excuses: its token is of no message in flight and no connection has ended.
inline void settled_twice() {
    if (kChecksRules) broken_rule("a receipt was settled twice, or never given out");
}

}  // namespace v1
}  // namespace leat
