// The live table of `leat run`: what a person sees of the routes, as lines that fit the terminal.
//
//     ROUTE      STATE     IN/S  OUT/S  IN FLIGHT  RETRIES     P50     P99
//     telemetry  running   1200   1199     12/500        0  1.1 ms  3.2 ms
//       received 20412 = landed 20400 + in flight 12
//     commands   waiting      0      0      0/500        0       -       -
//       for 12 s: plant: connection refused
//       received 0
//
// Narrow: the least important columns go first, then names are cut. Low: ledgers go first, then routes that run well.
#pragma once

#include "show/screen.hpp"
#include "show/status.hpp"

#include <leat/host.hpp>

#include <string>
#include <vector>

namespace leat::app {

/// At most size.rows - 1 lines of at most size.columns columns. `title` is the line above the table.
std::vector<std::string> live_table(const Snapshot& snapshot, const Pace& pace, const std::string& title,
                                    ScreenSize size, bool has_colours);

}  // namespace leat::app
