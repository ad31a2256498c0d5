// Standard input, output and error as a shell, a service manager or a full disk leaves them.
//
//     open_missing_streams();                       // first of all in main
//     return code_with_output(dispatch(words));     // last of all
#pragma once

namespace leat::app {

/// Takes the numbers 0 to 2 where they were closed (`leat run >&-`), so that no file and no socket gets one of them
/// and is printed into. Standard output is then one whose reader has gone, the others are empty.
void open_missing_streams();

/// Hands what was printed to the system. `code`, or, where it cannot be written and `code` is 0, that of a failure,
/// which it says. A reader that went away wanted no more, and is none.
int code_with_output(int code);

}  // namespace leat::app
