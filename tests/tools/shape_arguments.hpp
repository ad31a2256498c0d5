// The words that say what the messages of a test program look like: --kind, --lanes, --size.
#pragma once

#include "tools/arguments.hpp"
#include "tools/content.hpp"

namespace leat::test {

inline Content::Shape shape_from(const Arguments& arguments) {
    return {.kind = arguments.text("kind", "numbered") == "sensor" ? Content::Kind::sensor : Content::Kind::numbered,
            .lanes = static_cast<std::uint32_t>(arguments.number("lanes", 16)),
            .size = arguments.number("size", 100)};
}

}  // namespace leat::test
