#include "duplicate.hpp"

#include <cstring>
#include <stdexcept>

namespace leat::duplicate {

void Duplicate::open() {
    if (topics.empty() || topics.size() > 64) throw std::invalid_argument("duplicate needs 1 to 64 topics");
    arena_.emplace(services());
}

holding::Verdict Duplicate::spread(const leat_message& message, holding::Why& why) {  // hot: per message
    if (keep) emit(message);
    for (Template& each : topics) {
        const Template::Result topic = each(message);
        if (!topic.ok) return why.text = topic.text, holding::Verdict::reject;
        emit(message);
        leat_message& copy = emitted();
        char* at = arena_->reserve(topic.text.size + 1);
        if (topic.text.size) std::memcpy(at, topic.text.data, topic.text.size);
        arena_->attach(copy);
        copy.topic = {at, topic.text.size};
    }
    return holding::Verdict::pass;
}

}  // namespace leat::duplicate
