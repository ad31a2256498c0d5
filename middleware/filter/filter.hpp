// Messages for which a condition holds pass; the others end here.
#pragma once
#include <leat/sdk/stage.hpp>

#include "holding/sift.hpp"

namespace leat::filter {

enum class Otherwise { drop, reject };

class Filter : public Stage {
  public:
    Condition condition;
    Otherwise otherwise = Otherwise::drop;

    static auto options() {
        return leat::options(
            option<&Filter::condition>("if",
                                       "What must hold for a message to pass: a condition, as branches have it.")
                .required()
                .example("\"json:/value > 80 and header:unit == \\\"C\\\"\""),
            option<&Filter::otherwise>("otherwise",
                                       "What becomes of the others: drop (acknowledged, counted as filtered) or "
                                       "reject (to the route's failure policy).")
                .allowed({"drop", "reject"}));
    }

    void push(Batch& batch) override {
        using holding::Verdict;
        size_t n = 0;
        leat_message* all = batch.all(n);
        pass(all, holding::sift(*this, all, n, [&](leat_message& m, holding::Why& why) {  // hot: per message
                 switch (condition(m, why.text)) {
                     case Condition::Answer::yes:
                         return Verdict::pass;
                     case Condition::Answer::no:
                         if (otherwise == Otherwise::drop) return Verdict::drop;
                         why.text = bytes("the condition does not hold");
                         return Verdict::reject;
                     default:
                         return Verdict::reject;
                 }
             }));
    }
};

}  // namespace leat::filter
