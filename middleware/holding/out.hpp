// Messages on their way down, gathered into batches.
//
//     Out out;
//     out.add(message, next());   // pushes when a batch is full
//     out.flush(next());
//
// Outgoing calls happen inside add() and flush(): the caller's own state is complete before. On the shard.
#pragma once
#include <leat/sdk/flow/message.hpp>

namespace leat::holding {

class Out {
  public:
    Out() {}  // NOLINT(modernize-use-equals-default): `= default` would clear the array on value-init
    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;

    void add(const leat_message& message, leat_inlet& next) {  // hot: per message
        if (count_ == LEAT_BATCH_MAX) flush(next);
        batch_[count_++] = message;
    }
    void flush(leat_inlet& next) {
        const size_t n = count_;
        count_ = 0;
        if (n) next.push(&next, batch_, n);
    }

  private:
    size_t count_ = 0;
    leat_message batch_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

}  // namespace leat::holding
