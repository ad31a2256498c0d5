// A handler for measurements: reads the payload and writes a header. Built twice, as two libraries.
#include <leat/sdk/export.hpp>

struct Stamp : leat::Handler {
    void handle(leat::Message& m) override {  // hot: per message
        unsigned sum = 0;
        for (const char c : m.payload()) sum += static_cast<unsigned char>(c);
        m.set_header(STAMP_NAME, sum % 2 ? "odd" : "even");
    }
};
LEAT_HANDLER(Stamp, STAMP_NAME, "1.0.0", "Reads the payload, writes a header.")
