// The stage `decompress`: payloads as they were before they were compressed.
#include <leat/sdk/export.hpp>

#include "decompress.hpp"

LEAT_HANDLER(leat::decompress::Decompress, "decompress", "0.1.0",
             "Decompresses payloads of zstd, gzip or lz4, up to a size.")
