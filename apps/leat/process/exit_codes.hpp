// What the exit code of `leat` says. The same list stands in `leat --help` and in README.md.
#pragma once

namespace leat::app {

enum ExitCode : int {
    kFine = 0,            ///< did what was asked; a run was drained completely
    kFailed = 1,          ///< a route failed, a probe or a tried message was refused, a ledger does not balance
    kWrong = 2,           ///< the configuration or the command line is wrong
    kLeftInFlight = 3,    ///< drained, but messages were still in flight at drain_timeout; they will come again
    kStoppedAtOnce = 130  ///< a second signal cut the drain short
};

}  // namespace leat::app
