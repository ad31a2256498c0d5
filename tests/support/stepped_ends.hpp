// What a unit test puts above and below a component: they write down what they get, and settle when told.
//
//   Collector below;
//   source->start(source, &below);
//   below.settle(0, LEAT_ACK);
//   Told above;                                          // for receipts: {&above, token}
//   CHECK(above.count(LEAT_ACK) == 1);
//
// On the thread of the component.
#pragma once

#include <leat/sdk/flow/settle.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace leat::test {

/** An inlet that keeps what it gets until the test settles it. */
class Collector : public leat_inlet {
  public:
    Collector() : leat_inlet{} {
        push = [](leat_inlet* self, leat_message* batch, size_t n) {
            auto* mine = static_cast<Collector*>(self);
            for (size_t i = 0; i < n; ++i) {
                mine->messages.push_back(batch[i]);
                mine->payloads.emplace_back(view(batch[i].payload));
                if (mine->answers_at_once) mine->settle(mine->messages.size() - 1, LEAT_ACK);
            }
            ++mine->batches;
        };
        signal = [](leat_inlet* self, uint32_t what, uint64_t) {
            static_cast<Collector*>(self)->signals.push_back(what);
        };
    }

    ~Collector() {
        for (size_t i = 0; i < messages.size(); ++i) {
            if (!is_settled(i)) leat_buffer_release(messages[i].buffer, 1);
        }
    }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /** Settles the i-th message that came and drops its reference. */
    void settle(size_t i, uint32_t outcome, uint32_t code = LEAT_NONE, const leat_detail* detail = nullptr) {
        settled_.resize(messages.size());
        settled_[i] = true;
        Settlements().end(messages[i], outcome, code, detail);
    }
    /** Settles all that are not settled, in batches. */
    void settle_all(uint32_t outcome) {
        Settlements done;
        settled_.resize(messages.size());
        for (size_t i = 0; i < settled_.size(); ++i) {
            if (settled_[i]) continue;
            settled_[i] = true;
            done.end(messages[i], outcome);
        }
    }
    bool is_settled(size_t i) const { return i < settled_.size() && settled_[i]; }

    bool answers_at_once = false;
    std::vector<leat_message> messages;  ///< In order of arrival; their bytes live until settled.
    std::vector<std::string> payloads;   ///< Copies.
    std::vector<uint32_t> signals;
    size_t batches = 0;

  private:
    std::vector<bool> settled_;
};

/** A settler that writes down what it is told. */
class Told : public leat_settler {
  public:
    struct One {
        uint64_t token;
        uint32_t outcome, code;
        std::string reason;
    };
    Told() : leat_settler{} {
        settle = [](leat_settler* self, const leat_settlement* batch, size_t n) {
            for (size_t i = 0; i < n; ++i) {
                const leat_settlement& s = batch[i];
                static_cast<Told*>(self)->all.push_back(
                    {s.token, s.outcome, s.code, s.detail ? std::string(view(s.detail->text)) : ""});
            }
        };
    }
    /** How many settlements were of this kind. */
    size_t count(uint32_t outcome, uint32_t code = LEAT_NONE) const {
        return static_cast<size_t>(std::count_if(
            all.begin(), all.end(), [&](const One& o) { return o.outcome == outcome && o.code == code; }));
    }
    std::vector<One> all;
};

}  // namespace leat::test
