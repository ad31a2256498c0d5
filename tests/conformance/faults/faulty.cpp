// The backend `faulty`: memory behind a wrapper that errs in one way, to show that the suite finds it.
//
//     { "plugin": "faulty", "fault": "early_ack" }
//
// It opens leat_memory.so of the host's plugin folder through the plugin boundary and stands between its source and
// what is below, or between what is above and its sink. Options of memory are passed on as they came.
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/options.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "conformance/faults/faults.hpp"

namespace leat::test {
namespace {

/** memory's own description; the library stays open for ever. */
const leat_descriptor& memory() {
    static const leat_descriptor& found = [&]() -> const leat_descriptor& {
        void* library = ::dlopen(LEAT_MEMORY_PLUGIN, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) std::abort();
        return *static_cast<const leat_plugin*>(::dlsym(library, "leat_plugin_entry"))->descriptors[0];
    }();
    return found;
}

bool has_digit_50(std::uint64_t n) { return n % 50 == 0; }

/** Stands below memory's source, or above memory's sink: an inlet that errs, and a settler where the fault is in what
 * comes back. */
class Wrapper : public leat_component {
  public:
    explicit Wrapper(Misdeed fault) : fault_(fault) {
        *static_cast<leat_component*>(this) = {};
        size = sizeof(leat_component);
        inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) {
            static_cast<Inlet*>(i)->owner->push(batch, n);
        };
        inlet_.signal = [](leat_inlet* i, std::uint32_t what, std::uint64_t arg) {
            leat_inlet* below = static_cast<Inlet*>(i)->owner->below_;
            below->signal(below, what, arg);
        };
        inlet_.owner = this;
        settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Settler*>(s)->owner->settle(batch, n);
        };
        settler_.owner = this;
        fill();
    }

    leat_component* inner = nullptr;
    leat_identity identity{};           ///< What inner was told, which may not be true.
    std::vector<leat_value> options{};  ///< Likewise.

    /** A source: what is pushed comes from inner and goes below. */
    void wrap_source() { flow = inner->flow; }
    /** A sink: what is pushed comes from above and goes to inner. */
    void wrap_sink() {
        inlet = &inlet_;
        below_ = inner->inlet;
        hold = nullptr;
    }

  private:
    struct Inlet : leat_inlet {
        Wrapper* owner;
    };
    struct Settler : leat_settler {
        Wrapper* owner;
    };

    static Wrapper& of(leat_component* c) { return *static_cast<Wrapper*>(c); }
    void fill() {
        start = [](leat_component* c, leat_inlet* next) {
            Wrapper& w = of(c);
            if (next == nullptr) return w.inner->start(w.inner, nullptr);
            w.below_ = next;
            w.inner->start(w.inner, &w.inlet_);
        };
        hold = [](leat_component* c) { of(c).inner->hold(of(c).inner); };
        stop = [](leat_component* c) { of(c).inner->stop(of(c).inner); };
        destroy = [](leat_component* c) {
            of(c).inner->destroy(of(c).inner);
            delete &of(c);
        };
    }

    void push(leat_message* batch, size_t n) {
        std::vector<leat_message> out;
        for (size_t i = 0; i < n; ++i) take(batch[i], out);
        if (fault_ == Misdeed::swapped_order && out.size() > 1) std::swap(out[0], out[1]);
        for (size_t begin = 0; begin < out.size(); begin += LEAT_BATCH_MAX) {
            below_->push(below_, out.data() + begin, std::min<size_t>(LEAT_BATCH_MAX, out.size() - begin));
        }
    }

    void take(const leat_message& original, std::vector<leat_message>& out) {
        leat_message m = original;
        ++count_;
        switch (fault_) {
            case Misdeed::lost_message:
                if (has_digit_50(count_)) return Settlements().end(m, LEAT_ACK);
                break;
            case Misdeed::lost_header:
                m.header_count = 0;
                break;
            case Misdeed::wrong_key:
                m.key = m.topic;
                break;
            case Misdeed::leaked_buffer:
                if (has_digit_50(count_)) leat_buffer_retain(m.buffer, 1);
                break;
            case Misdeed::changed_payload:
                if (m.payload.size > 0) --m.payload.size;
                break;
            case Misdeed::message_twice:
                if (has_digit_50(count_)) {
                    leat_message again = m;
                    leat_buffer_retain(again.buffer, 1);
                    again.receipt = keep({});
                    out.push_back(again);
                }
                break;
            default:
                break;
        }
        if (fault_ == Misdeed::early_ack) {
            Settlements().settle(m.receipt, LEAT_ACK);
            m.receipt = keep({});
        } else if (errs_upwards(fault_)) {
            m.receipt = keep(m.receipt);
        }
        out.push_back(m);
    }

    leat_receipt keep(leat_receipt original) {
        kept_.push_back(original);
        return {&settler_, kept_.size() - 1};
    }

    void settle(const leat_settlement* batch, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            const leat_receipt receipt = kept_.at(batch[i].token);
            if (receipt.settler != nullptr) settle_one(receipt, batch[i]);
        }
    }

    void settle_one(const leat_receipt& receipt, const leat_settlement& s) {
        std::uint32_t outcome = s.outcome;
        if (fault_ == Misdeed::ack_after_reject && outcome == LEAT_REJECT) outcome = LEAT_ACK;
        if (fault_ == Misdeed::ack_after_retry && outcome == LEAT_RETRY) outcome = LEAT_ACK;
        if (fault_ == Misdeed::ack_at_stop && outcome == LEAT_ABANDON) outcome = LEAT_ACK;
        {
            Settlements up;
            up.settle(receipt, outcome, s.code, s.detail);
            if (fault_ == Misdeed::double_settle) up.settle(receipt, outcome, s.code, s.detail);
        }
        if (fault_ != Misdeed::stale_ack) return;
        if (has_digit_50(++settled_)) Settlements().settle(old_, LEAT_ACK);  // long over
        if (settled_ == 1) old_ = receipt;
    }

    Misdeed fault_;
    Inlet inlet_;
    Settler settler_;
    leat_inlet* below_ = nullptr;
    std::vector<leat_receipt> kept_;
    leat_receipt old_{nullptr, 0};
    std::uint64_t count_ = 0, settled_ = 0;
};

/** memory's backend, with its first option, the fault, taken off. */
struct Frame : leat_backend {
    leat_backend* inner;
    Misdeed fault;

    static Frame& of(leat_backend* self) { return *static_cast<Frame*>(self); }
    static leat_component* make_source(leat_backend* self, leat_instance* me, const leat_identity* identity,
                                       const leat_value* options, leat_text* error) {
        Frame& f = of(self);
        auto* wrapper = new Wrapper(errs_at_the_source(f.fault) ? f.fault : Misdeed::none);
        wrapper->identity = *identity;
        wrapper->options.assign(options, options + count(memory().source_options));
        if (f.fault == Misdeed::unbounded_credit) wrapper->identity.max_in_flight = 1 << 16;
        if (f.fault == Misdeed::one_group) wrapper->options.at(index_of("group")).text = bytes("all");
        wrapper->inner = f.inner->create_source(f.inner, me, &wrapper->identity, wrapper->options.data(), error);
        return finish(wrapper, [](Wrapper& w) { w.wrap_source(); });
    }
    static leat_component* make_sink(leat_backend* self, leat_component* part, leat_instance* me,
                                     const leat_identity* identity, const leat_value* options, leat_text* error) {
        Frame& f = of(self);
        auto* wrapper = new Wrapper(errs_at_the_source(f.fault) ? Misdeed::none : f.fault);
        wrapper->inner = f.inner->create_sink(f.inner, part, me, identity, options, error);
        return finish(wrapper, [](Wrapper& w) { w.wrap_sink(); });
    }
    static std::size_t count(const leat_option* const* list) {
        std::size_t n = 0;
        while (list[n] != nullptr) ++n;
        return n;
    }
    static std::size_t index_of(std::string_view name) {
        std::size_t i = 0;
        while (memory().source_options[i]->name != name) ++i;
        return i;
    }
    template <class Wrap>
    static leat_component* finish(Wrapper* wrapper, Wrap&& wrap) {
        if (wrapper->inner == nullptr) {
            delete wrapper;
            return nullptr;
        }
        wrap(*wrapper);
        return wrapper;
    }
};

leat_backend* create(const leat_host* host, leat_instance* me, const leat_identity* identity,
                     const leat_value* options, leat_text* error) {
    auto* frame = new Frame{};
    frame->size = sizeof(leat_backend);
    frame->fault = fault_named(view(options[0].text));
    frame->inner = memory().create_backend(host, me, identity, options + 1, error);
    frame->create_source = &Frame::make_source;
    frame->create_sink = &Frame::make_sink;
    frame->destroy = [](leat_backend* self) {
        Frame& f = Frame::of(self);
        f.inner->destroy(f.inner);
        delete &f;
    };
    return frame;
}

const leat_descriptor* describe() {
    static leat_option fault{};
    fault.size = sizeof fault;
    fault.type = LEAT_STRING;
    fault.name = "fault";
    fault.description = "How it errs.";
    fault.flags = LEAT_OPTION_REQUIRED;
    static std::vector<const leat_option*> options{&fault};
    for (const leat_option* const* o = memory().options; *o != nullptr; ++o) options.push_back(*o);
    options.push_back(nullptr);
    static leat_descriptor made = memory();
    made.name = "faulty";
    made.summary = "memory with a fault, so that the suite can be tested.";
    made.options = options.data();
    made.create_backend = &create;
    made.check = nullptr;
    made.probe = nullptr;
    return &made;
}

const leat_descriptor* const kDescriptors[] = {describe()};

}  // namespace
}  // namespace leat::test

extern "C" LEAT_EXPORT const leat_plugin leat_plugin_entry = {LEAT_ABI_MAJOR, LEAT_ABI_MINOR, sizeof(leat_plugin), 1,
                                                              leat::test::kDescriptors};
