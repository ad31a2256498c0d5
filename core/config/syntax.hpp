// The grammar of configuration files: text -> tree of nodes. Used by document.cpp alone.
#pragma once

#include <string_view>

namespace leat::config {

struct Node;
class Report;

// Fills `root` from JSON with comments and trailing commas. False after a syntax error; they are in `report`, as many
// as can be told apart. Parents and duplicate names are left to the caller.
bool read_syntax(std::string_view text, Node& root, Report& report);

}  // namespace leat::config
