// Messages become one, by count, bytes and time. The outcome of the one is that of all.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "group.hpp"
#include "holding/id_table.hpp"
#include "holding/keeper.hpp"
#include "holding/out.hpp"
#include "holding/own_receipts.hpp"

namespace leat::batch {

class BatchStage : public holding::Keeper {
  public:
    static constexpr uint32_t kFlags = LEAT_STAGE_ASYNC;
    /// Where messages of all lanes become one: its lane, which no partition has.
    static uint32_t merged_lane() { return lane_of("leat.batch"); }

    Format format = Format::lines;
    uint32_t count = 100;
    Size bytes{1 << 20};
    std::chrono::milliseconds time{1000};
    Template by;
    bool across_lanes = true;

    static auto options() {
        return leat::options(
            option<&BatchStage::count>("count", "So many messages at most become one.").range(1, 1e6),
            option<&BatchStage::bytes>("bytes", "Their payloads have so many bytes at most; a larger one is alone."),
            option<&BatchStage::time>("time", "A message waits so long at most for others.").range(1e6, 1e18),
            option<&BatchStage::format>(
                "format",
                "How payloads become one: lines, json (an array), length_prefixed (each behind "
                "its length, 4 bytes, the highest first).")
                .allowed({"lines", "json", "length_prefixed"}),
            option<&BatchStage::by>("by", "Only messages with the same value of this become one; by default any.")
                .example("\"${topic}\""),
            option<&BatchStage::across_lanes>("across_lanes",
                                              "Whether messages of several lanes (partitions, topics) become one; "
                                              "false: each batch is of one lane, and stays in it."));
    }

    void open() override;
    void signal(uint32_t what, uint64_t arg) override;

  protected:
    void take(leat_message* all, size_t n) override;
    void give_up() override;
    size_t outstanding() const override { return merged_.size(); }

  private:
    struct Merged {
        leat_receipt receipt{};  // not used: the parts have theirs
        std::vector<Part> parts;
    };
    bool take_one(const leat_message& message, int64_t now, std::string& why);
    Group& group_for(const leat_message& message, holding::Id value, int64_t now);
    void let_go(Group& group);
    void close(Group& group);
    void let_go_until(int64_t due);
    void abandon_lane(uint32_t lane);
    void settle(uint64_t token, const leat_settlement& settlement, Settlements& up);
    void arm();
    void wake();

    holding::OwnReceipts<Merged> merged_;
    holding::Fingerprints fingerprints_;
    holding::IdTable<Group*> open_;   // by place; the oldest first
    holding::IdTable<Group*> lanes_;  // ordered, with `by`: where the messages of a lane are
    std::vector<std::unique_ptr<Group>> groups_;
    std::vector<Group*> idle_;
    holding::Out out_;
    std::vector<Part> settled_;  // being told
    bool is_ordered_ = false;
    bool watches_lanes_ = false;
    uint64_t timer_ = 0;
};

}  // namespace leat::batch
