// The publishing connection of a shard's sinks, on a thread of its own: jobs from the shard, results back.
//
//   auto sender = std::make_shared<Sender>();
//   sender->start(settings);
//   sender->send(jobs);                  // in order; each is answered by one result
//   sender->take(results);               // after a ring
//
// A job points into the shard's entry of its message, which stays until its result. What is unconfirmed when a
// connection ends is sent again, in order, on the next one. When the broker closes the channel because of a message,
// those that may have been it are sent one by one, so that the one to blame is known.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "amqp/io_thread.hpp"
#include "mapping.hpp"
#include "publisher/confirms.hpp"
#include "publisher/refusals.hpp"
#include "publisher/waiting.hpp"
#include "topology.hpp"

namespace leat::rabbitmq {

/// What the sender knows of a sink; shared, for it may outlive the sink.
struct SinkPlan {
    PublishOptions publish;
    Topology topology;
};

/// A message to be published. The views are the shard's until the result.
struct Job {
    std::uint64_t token = 0;
    const leat_message* message = nullptr;
    const SinkPlan* plan = nullptr;
    leat_bytes exchange{nullptr, 0};
    leat_bytes routing_key{nullptr, 0};
};

struct Result {
    std::uint64_t token = 0;
    std::uint32_t outcome = LEAT_ACK;  ///< ABANDON: withdrawn before it was published
    std::string why;
};

class Sender final : public IoThread {
  public:
    // ---- for the shard
    void send(std::vector<Job>& jobs);  ///< empties it
    void take(std::vector<Result>& into);
    /// Messages of this sink that wait are not published any more, nor sent again.
    void withdraw(std::shared_ptr<const SinkPlan> plan);
    /// A sink whose topology is to be there.
    void add(std::shared_ptr<const SinkPlan> plan);
    /// What is wrong with a sink's topology or its rights, if anything; "" once it is right. Told once each.
    using Finding = std::pair<const SinkPlan*, std::string>;
    [[nodiscard]] std::vector<Finding> take_findings();

  private:
    using Clock = std::chrono::steady_clock;

    void prepare(Connection& connection) override;
    bool work(Connection& connection) override;
    void left() override;
    bool has_work() const override;
    short awaited() const override;
    std::chrono::milliseconds patience() const override;

    bool take_orders();
    void leave_out_withdrawn();
    void establish(Connection& connection);
    void read(Connection& connection);
    void handle(Connection& connection, const amqp_frame_t& frame);
    void handle_method(const amqp_method_t& method);
    void handle_return();
    bool publish_some(Connection& connection);
    bool publish(Connection& connection, const Job& job);
    void confirmed(std::uint64_t tag, bool multiple);
    void refused(std::uint64_t tag, bool multiple);
    void end(const Job& job, std::uint32_t outcome, std::string why = {});
    void channel_closed(Connection& connection, const Closed& closed);
    void find_culprit(const Closed& closed);
    void blame(const Job& job, const Closed& closed);
    void tell_barred(const Job& job, const Closed& closed);
    void tell_open_again(const Job& job);
    void find(const SinkPlan* plan, std::string finding);
    void unsend();
    void hand_over();

    // Under the mutex.
    std::vector<Job> incoming_;
    std::vector<Result> results_;
    std::vector<std::shared_ptr<const SinkPlan>> added_;
    std::vector<std::shared_ptr<const SinkPlan>> withdrawn_;
    std::vector<Finding> findings_;

    // The thread's.
    struct Barred {  // an exchange that does not take what a sink publishes, as was told
        const SinkPlan* plan;
        std::string exchange;
    };
    struct Wanted {
        std::shared_ptr<const SinkPlan> plan;
        bool is_there = false;
        std::string told = {};  // what was told of it last
    };
    std::vector<Job> fresh_;
    Waiting<Job> waiting_;
    Confirms<Job> sent_;
    std::vector<Result> ended_;
    std::vector<Wanted> sinks_;
    std::vector<Barred> barred_;                         // at most one for each sink
    std::vector<std::shared_ptr<const SinkPlan>> gone_;  // withdrawn; kept while jobs name them
    Refusals refusals_;
    PropertiesWriter properties_;
    Clock::time_point look_again_{};
    std::size_t suspects_ = 0;  // the first of waiting_: to be sent one by one
    std::string returned_why_;  // of the basic.return whose content is being read
    std::uint64_t content_left_ = 0;
    bool is_returning_ = false;
    bool is_blocked_ = false;
    bool can_write_ = true;
};

}  // namespace leat::rabbitmq
