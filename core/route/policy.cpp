#include "route/policy.hpp"

#include "runtime/reentrancy.hpp"

#include <leat/sdk/flow/broken_rule.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace leat::route {
namespace {

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Policy::Policy(StepSetup setup) : HeldLanes(std::move(setup)) {
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
    latency_.name = "settlement";
    latency_.description = "From the push to a step until its outcome.";
}

Policy::~Policy() { route().shard().timers().cancel_all(&sent_); }

void Policy::push_on(leat_message* batch, size_t n) {
    if (setup().policy.timeout.count()) watch_time();
    const int64_t now = now_ns();
    for (size_t kept = 0; kept < n;) {
        const size_t more = keep(batch + kept, n - kept, now);
        if (more == 0) n = kept + refuse_oversized(batch + kept, n - kept);
        kept += more;
    }
    if (n == 0) return;
    next().push(&next(), batch, n);  // a sink may settle in this call: what is kept has its references by now
}

// Keeps those of the first one's settler that stand together, from it on; returns how many. 0: one of them is too
// large to be kept, and nothing was done.
size_t Policy::keep(leat_message* batch, size_t n, int64_t now) {
    const uint64_t first = sent_.reserve(n);
    const leat_receipt above = batch[0].receipt;
    uint64_t others = 0;  // whether tokens are no neighbours
    Tally tally(batch[0]);
    size_t kept = 0;
    for (bool ends = false; kept < n && !ends;) {
        leat_message* const messages = batch + kept;
        const auto [cells, here] = sent_.row(first + kept, n - kept);
        size_t i = 0;
        for (; i < here; ++i) {  // hot: per message
            leat_message& m = messages[i];
            if ((ends = m.receipt.settler != above.settler)) break;
            cells[i].kept.keep(m);
            cells[i].token = m.receipt.token;
            tally.add(m);
            others |= m.receipt.token ^ (above.token + kept + i);
            m.receipt.settler = &settler_;
            m.receipt.token = first + kept + i;
        }
        kept += i;
    }
    if (!tally.fits(batch, kept)) {
        for (size_t i = 0; i < kept; ++i) batch[i].receipt = {above.settler, sent_.at(first + i).token};
        return 0;
    }
    sent_.open(kept, above.settler, now, others == 0 && tally.shares_buffer());
    tally.retain(batch, kept);
    return kept;
}

// Those with a topic or a key of 4 GiB cannot be kept. Returns how many are left.
size_t Policy::refuse_oversized(leat_message* batch, size_t n) {
    size_t left = 0;
    for (size_t i = 0; i < n; ++i) {
        if (Kept::fits(batch[i])) {
            batch[left++] = batch[i];
            continue;
        }
        Refused r;
        r.message = batch[i];
        r.outcome = LEAT_REJECT;
        r.reason = "its topic or its key has 4 GiB or more";
        r.order = sent_.next();
        came_back(batch[i].lane);
        refuse(std::move(r));
    }
    return left;
}

void Policy::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    now_ns_ = now_ns();
    Settlements up;
    for (size_t i = 0; i < n;) {
        const size_t run = settle_run(batch + i, n - i, up);
        if (run == 0) settle_one(batch[i], up);
        i += std::max<size_t>(run, 1);
    }
}

// Acknowledgements of messages that went down together and came back together: how many.
size_t Policy::settle_run(const leat_settlement* batch, size_t n, Settlements& up) {  // hot: per run
    if (!trials_.empty() || setup().strict) return 0;
    const uint64_t first = batch[0].token;
    const Sent::Run run = sent_.run(first, plain_run(batch, n));
    if (run.size == 0) return 0;
    latency_.record(now_ns_ - run.time_ns, run.size);
    sent_.end_run(first, run.size);
    if (run.alike) {
        up.end_run({run.above, run.cells->token}, run.cells->kept.buffer(), run.size, LEAT_ACK, LEAT_NONE);
    } else {
        up.end_each(run.size, LEAT_ACK, LEAT_NONE, [&run](size_t i) {
            return Settlements::Ended{{run.above, run.cells[i].token}, run.cells[i].kept.buffer()};
        });
    }
    return run.size;
}

void Policy::settle_one(const leat_settlement& s, Settlements& up) {
    const Sent::Found found = sent_.find(s.token);
    if (!found) return stray();
    latency_.record(now_ns_ - found.time_ns, 1);
    if (s.outcome == LEAT_ACK || s.outcome == LEAT_ABANDON) {
        const Settlements::Ended ended{found.receipt(), found.cell->kept.buffer()};
        const uint32_t lane = found.cell->kept.lane();
        sent_.end(s.token);
        up.end(ended.receipt, ended.buffer, s.outcome, s.code);
        came_back(lane);
        const auto trial = trials_.empty() ? trials_.end() : trials_.find(s.token);
        if (trial == trials_.end()) return;
        const uint64_t tried = trial->second.lane;
        trials_.erase(trial);
        return this->ended(tried);
    }
    Refused r;
    r.outcome = s.outcome == LEAT_REJECT ? LEAT_REJECT : LEAT_RETRY;
    if (s.detail) {
        r.reason = view(s.detail->text);
        r.retry_after_ns = s.detail->retry_after_ns;
    }
    r.held = s.code == LEAT_HELD && r.outcome == LEAT_RETRY;
    give_back(s.token, std::move(r));
}

// A message has come back from below, or is taken back: to its lane, with the reason in `refused`.
void Policy::give_back(uint64_t token, Refused&& r) {
    const Sent::Found one = sent_.find(token);
    r.message = one.cell->kept.message();
    r.message.receipt = one.receipt();
    sent_.end(token);
    Trial trial{token, 0, 0, 1};
    const auto found = trials_.find(token);
    const bool was_trial = found != trials_.end();
    if (was_trial) {
        trial = found->second;
        trials_.erase(found);
    }
    r.order = trial.order;
    r.attempts = trial.attempts - (r.held ? 1 : 0);
    r.failed_first_ns = trial.failed_first_ns;
    came_back(r.message.lane);
    if (was_trial) return refuse_again(trial.lane, std::move(r));
    refuse(std::move(r));
}

// Legal only where a time-out did not wait for it.
void Policy::stray() {
    const bool is_late = timed_out_ > 0;
    if (stale_++ == 0) {
        route().log(LEAT_LOG_WARNING, "\"" + step() + "\" settled a message " +
                                          (is_late ? "after its time-out; ignored" : "twice; ignored"));
    }
    if (is_late) {
        --timed_out_;
    } else {
        settled_twice();
    }
}

void Policy::watch_time() {
    if (std::exchange(is_watching_, true)) return;
    const auto step = std::max<std::chrono::nanoseconds>(setup().policy.timeout / 4, std::chrono::milliseconds(1));
    route().shard().timers().start(
        step, [this] { look_at_time(); }, &sent_);
}

// A lost connection is no outcome: time counts while what is below is up.
void Policy::look_at_time() {
    is_watching_ = false;
    const auto up_since = setup().up_since ? setup().up_since() : std::optional<int64_t>(0);
    if (up_since && !is_abandoning()) {
        const int64_t latest = now_ns() - setup().policy.timeout.count();
        std::vector<std::pair<uint64_t, uint64_t>> late;  // order, token
        sent_.for_each([&](uint64_t token, int64_t time_ns) {
            if (std::max(time_ns, *up_since) > latest) return;
            const auto trial = trials_.find(token);
            late.emplace_back(trial == trials_.end() ? token : trial->second.order, token);
        });
        std::sort(late.begin(), late.end());
        for (const auto& [order, token] : late) time_out(token);
    }
    if (!sent_.empty()) watch_time();
}

void Policy::time_out(uint64_t token) {
    ++timed_out_;
    Refused r;
    r.reason = "no outcome in time (timeout)";
    give_back(token, std::move(r));
}

void Policy::try_again(uint64_t lane, Refused&& refused) {
    leat_message message = refused.message;
    const uint64_t token = sent_.reserve(1);
    Sent::Cell& cell = sent_.at(token);
    cell.kept.keep(message);
    cell.token = message.receipt.token;
    sent_.open(1, message.receipt.settler, now_ns(), true);
    trials_[token] = {refused.order, lane, refused.failed_first_ns, refused.attempts + 1};
    leat_buffer_retain(message.buffer, 1);
    message.attempt = refused.attempts;
    message.receipt.settler = &settler_;
    message.receipt.token = token;
    goes_down(message);
    if (setup().policy.timeout.count()) watch_time();
    next().push(&next(), &message, 1);
}

}  // namespace leat::route
