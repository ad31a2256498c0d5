// Messages that try what a protocol has a place for, and the comparison of what came of them.
#pragma once

#include <string>
#include <vector>

#include "conformance/features.hpp"
#include "conformance/probe/sample.hpp"

namespace leat::test {

inline constexpr int kEnvelopes = 6;

/** One for each topic: plain; every byte; empty payload; absent payload; a header that is not UTF-8; empty words. */
std::vector<Sample> envelopes(const std::vector<std::string>& topics);
bool has_binary_header(const Sample& sample);
/** The one for that topic. Throws std::out_of_range. */
const Sample& find_by_topic(const std::vector<Sample>& samples, const std::string& topic);

/** What an arrival has otherwise than was sent, in words; "" when it is as the envelope can carry it. Headers that
 * the protocol adds by itself do not count. */
std::string differences(const Sample& sent, const Sample& arrived, const Envelope& envelope);

}  // namespace leat::test
