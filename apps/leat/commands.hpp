// The commands of `leat`. Each takes the words behind its name and returns an exit code; UsageError where they are
// wrong.
#pragma once

#include <string>
#include <vector>

namespace leat::app {

using Words = std::vector<std::string>;

int run_command(const Words& words);
int check_command(const Words& words);
int try_command(const Words& words);
int redrive_command(const Words& words);
int plugins_command(const Words& words);
int describe_command(const Words& words);
int bench_command(const Words& words);
int schema_command(const Words& words);

}  // namespace leat::app
