// The stage `compress`: payloads made smaller.
#include <leat/sdk/export.hpp>

#include "compress.hpp"

LEAT_HANDLER(leat::compress::Compress, "compress", "0.1.0", "Compresses payloads with zstd, gzip or lz4.")
