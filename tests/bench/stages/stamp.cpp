// A handler for measurements: reads the payload and writes a header. Built twice, as two libraries.
#include <leat/sdk/export.hpp>

#include "parity.hpp"

struct Stamp : leat::Handler {
    void handle(leat::Message& m) override {  // hot: per message
        m.set_header(STAMP_NAME, parity(m.payload()) ? std::string_view("odd") : std::string_view("even"));
    }
};
LEAT_HANDLER(Stamp, STAMP_NAME, "1.0.0", "Reads the payload, writes a header.")
