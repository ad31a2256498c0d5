// A test program ends at SIGTERM or SIGINT in good order: it writes its records first.
#pragma once

#include <signal.h>
#include <sys/prctl.h>

namespace leat::test {

inline volatile sig_atomic_t stop_requested = 0;

/** From now on a signal to end sets `stop_requested`. The program also ends with the one that started it. */
inline void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

}  // namespace leat::test
