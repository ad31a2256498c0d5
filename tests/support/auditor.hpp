// Compares what was published and acknowledged with what landed.
//
//   const Verdict verdict = audit(read_records("published.rec"), read_records("landed.rec"));
//   CHECK(verdict.lost == 0);
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

#include "support/record.hpp"

namespace leat::test {

/** The outcome of an audit. Every number is of messages. */
struct Verdict {
    std::uint64_t published = 0;       ///< Ids acknowledged to the publisher.
    std::uint64_t landed = 0;          ///< Of these, those that arrived whole at least once.
    std::uint64_t lost = 0;            ///< Of these, those that never arrived whole.
    std::uint64_t twice = 0;           ///< Arrivals beyond the first of an id.
    std::uint64_t corrupt = 0;         ///< Arrivals with a fault; they do not count as landed.
    std::uint64_t disordered = 0;      ///< First arrivals behind a later id of their lane.
    std::uint64_t unacknowledged = 0;  ///< Ids that landed without an acknowledgement to the publisher; legal.
    std::vector<std::uint64_t> examples_lost;        ///< The lowest ids lost, at most ten.
    std::vector<std::uint64_t> examples_disordered;  ///< The first ids that came too late, at most ten.

    bool clean() const { return lost == 0 && corrupt == 0; }
};

/**
 * `published`: acknowledged to the publisher, in any order. `landed`: in the order of arrival within each lane.
 * Order is judged by ids, which a publisher gives ascending in each lane.
 */
Verdict audit(std::span<const Record> published, std::span<const Record> landed);

/** `published 20412, landed 20412, lost 0, twice 214`, and what else is not as it should be. */
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

}  // namespace leat::test
