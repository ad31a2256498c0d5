// Judges the messages of a batch one by one: pass, drop, give back; in place.
//
//     size_t n = 0;
//     leat_message* all = batch.all(n);
//     pass(all, sift(*this, all, n, [&](leat_message& m, Why& why) { return m.key.size ? Verdict::pass : ...; }));
//
// What is refused goes to the step's failure policy; on an ordered route so does what stands behind it in its lane.
// For stages that learn of failures at once (not LEAT_STAGE_ASYNC). On the shard.
#pragma once
#include <leat/sdk/stage.hpp>

#include <algorithm>
#include <vector>

namespace leat::holding {

enum class Verdict : uint8_t {
    pass,    ///< stays in the batch
    taken,   ///< the judge has kept, passed on or settled it
    drop,    ///< ended on purpose
    reject,  ///< never will
    retry,   ///< not now
};

/// Why a message is refused. The text lives until the judge is called again.
struct Why {
    leat_bytes text = bytes("");
    int64_t retry_after_ns = 0;
};

/// Returns how many messages are left, at the front of `all`.
template <class Judge>
size_t sift(const Component& stage, leat_message* all, size_t n, Judge&& judge) {
    const leat_host& host = *stage.services().host;
    const bool ordered = stage.identity().flags & LEAT_IDENTITY_ORDERED;
    std::vector<uint32_t> refused;  // lanes; empty as long as nothing is wrong
    Settlements dropped;
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i) {  // hot: per message
        leat_message& m = all[i];
        if (!refused.empty() && std::find(refused.begin(), refused.end(), m.lane) != refused.end()) {
            host.fail(stage.services().me, &m, LEAT_RETRY, LEAT_HELD, nullptr);
            continue;
        }
        Why why;
        const Verdict verdict = judge(m, why);
        if (verdict == Verdict::pass) {
            if (kept != i) all[kept] = m;
            ++kept;
        } else if (verdict == Verdict::drop) {
            dropped.end(m, LEAT_ACK, LEAT_DROPPED);
        } else if (verdict != Verdict::taken) {
            const leat_detail detail{sizeof(leat_detail), 0, why.text, why.retry_after_ns};
            host.fail(stage.services().me, &m, verdict == Verdict::reject ? LEAT_REJECT : LEAT_RETRY, LEAT_NONE,
                      &detail);
            if (ordered) refused.push_back(m.lane);
        }
    }
    return kept;
}

}  // namespace leat::holding
