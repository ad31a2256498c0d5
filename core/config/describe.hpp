// The documentation of one plugin, made from its descriptor: for the terminal and as a Markdown page.
#pragma once

#include <leat/plugin.h>

#include <string>

namespace leat::config {

// For people at a terminal, lines of at most 100 characters.
std::string describe_text(const leat_descriptor& plugin);

// A page of docs/reference/.
std::string describe_markdown(const leat_descriptor& plugin);

}  // namespace leat::config
