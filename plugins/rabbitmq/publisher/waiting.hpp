// Jobs that wait to be published, in order.
//
//   waiting.add(fresh);                // behind
//   Job job = waiting.take();          // the first
//   waiting.put_back(unconfirmed);     // before all others
//
// A vector with a moving front: it allocates only when more wait than ever before. On one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace leat::rabbitmq {

template <class Job>
class Waiting {
  public:
    [[nodiscard]] bool empty() const { return front_ == jobs_.size(); }
    [[nodiscard]] std::size_t size() const { return jobs_.size() - front_; }

    void add(const std::vector<Job>& jobs) {
        if (front_ > jobs_.size() / 2) close_up();
        jobs_.insert(jobs_.end(), jobs.begin(), jobs.end());
    }
    Job take() {  // hot: per message
        const Job job = jobs_[front_++];
        if (empty()) close_up();
        return job;
    }
    void put_back(const std::vector<Job>& jobs) {
        close_up();
        jobs_.insert(jobs_.begin(), jobs.begin(), jobs.end());
    }
    /// Leaves out those for which is_over(job, place) is true; place counts from the front.
    template <class IsOver>
    void leave_out(IsOver&& is_over) {
        close_up();
        std::size_t place = 0;
        std::erase_if(jobs_, [&](const Job& job) { return is_over(job, place++); });
    }

  private:
    void close_up() {
        jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(front_));
        front_ = 0;
    }

    std::vector<Job> jobs_;
    std::size_t front_ = 0;
};

}  // namespace leat::rabbitmq
