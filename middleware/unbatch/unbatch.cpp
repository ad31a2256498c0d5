#include "unbatch.hpp"

namespace leat::unbatch {

holding::Verdict Unbatch::spread(const leat_message& message, holding::Why& why) {
    parts_.clear();
    if (!split(format, view(message.payload), max_messages, parts_, why_)) {
        why.text = bytes(why_);
        return holding::Verdict::reject;
    }
    leat_message part = message;
    for (const std::string_view each : parts_) {  // hot: per message that comes out; its bytes stay where they are
        part.payload = bytes(each);
        emit(part);
    }
    return holding::Verdict::pass;
}

}  // namespace leat::unbatch
