// Prints messages. Landed: the operating system has taken the line.
#pragma once
#include <leat/sdk/sink.hpp>

#include "measure.hpp"
#include "options.hpp"
#include "output.hpp"

#include <optional>
#include <string>
#include <vector>

namespace leat::console {

class Sink : public leat::Sink {
  public:
    Sink(const SinkOptions& options, Output& output);

    void open() override;
    void push(Batch& batch) override;
    void stop() override;

  private:
    void measure(Batch& batch);
    void show_figures();
    void write_record() const;
    void print(Batch& batch);
    void write();
    void wait();
    void close(const std::string& why);
    void give_up();
    void settle(size_t n, uint32_t outcome, uint32_t code = LEAT_NONE);

    OutputFormat format_;
    uint32_t show_ = 0;
    Output& output_;
    std::vector<leat_message> waiting_;  // those printed into text_
    std::string text_;
    size_t written_ = 0;
    leat_watch* watch_ = nullptr;
    bool is_watching_ = false;
    uint64_t retry_timer_ = 0;
    bool is_over_ = false;  // it stops, or its output has ended: nothing lands any more
    std::string record_;
    std::optional<Measure> measure_;  // with format measure
    leat_counter *received_ = nullptr, *repeated_ = nullptr, *out_of_order_ = nullptr, *unstamped_ = nullptr,
                 *first_ = nullptr, *last_ = nullptr;
};

}  // namespace leat::console
