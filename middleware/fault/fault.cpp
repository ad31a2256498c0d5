#include "fault.hpp"

#include <stdexcept>
#include <string>

namespace leat::fault {

void Fault::open() {
    Postponer::open();
    if (reject + retry + drop + delay + settle_twice > 1.000001) {
        throw std::invalid_argument("the parts of reject, retry, drop, delay and settle_twice add up to more than 1");
    }
    const uint64_t start = seed.value_or((uint64_t{std::random_device()()} << 32) | std::random_device()());
    random_.seed(start);
    injected_ = services().host->counter(services().me, LEAT_COUNTER, "injected", "Failures that were injected.");
    services().log_warning("injects failures, for tests; seed " + std::to_string(start));
    twice_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<Fault*>(self)->settle(token, s, up);
        },
        [](void* self) { static_cast<Fault*>(self)->look_stopped(); });
}

Fault::Kind Fault::draw() {
    double chance = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto is = [&chance](double part) { return (chance -= part) < 0; };
    if (is(reject)) return Kind::reject;
    if (is(retry)) return Kind::retry;
    if (is(drop)) return Kind::drop;
    if (is(delay)) return Kind::delay;
    return is(settle_twice) ? Kind::settle_twice : Kind::none;
}

void Fault::take(leat_message* all, size_t n) {
    const int64_t now = begin();
    n = holding::sift(*this, all, n,
                      [&](leat_message& m, holding::Why& why) { return inject(m, now, why); });  // hot: per message
    finish();
    pass(all, n);
}

holding::Verdict Fault::inject(leat_message& m, int64_t now, holding::Why& why) {
    using holding::Verdict;
    const Kind kind = draw();
    if (kind != Kind::none) services().host->counter_add(injected_, 1);
    int64_t time = now;
    switch (kind) {
        case Kind::reject:
            why.text = bytes("injected: reject");
            return Verdict::reject;
        case Kind::retry:
            why.text = bytes("injected: retry");
            return Verdict::retry;
        case Kind::drop:
            return Verdict::drop;
        case Kind::delay:
            time += std::chrono::nanoseconds(delay_for).count();
            break;
        case Kind::settle_twice:
            twice_.replace(m);
            break;
        case Kind::none:
            break;
    }
    return later(m, now, earliest(m, time)) ? Verdict::taken : Verdict::pass;
}

void Fault::settle(uint64_t token, const leat_settlement& s, Settlements& up) {
    const leat_receipt receipt = twice_.find(token)->receipt;
    twice_.remove(token);
    up.settle(receipt, s.outcome, s.code, s.detail);
    up.settle(receipt, s.outcome, s.code, s.detail);
}

}  // namespace leat::fault
