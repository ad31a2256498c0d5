// How the payloads of a batch become one: what `unbatch` reads.
#pragma once
#include <leat/sdk/flow/message.hpp>

#include <cstdint>
#include <string>

namespace leat::batch {

enum class Format { lines, json, length_prefixed };

/// Whether a payload can stand in a batch of this form; `why` says why not.   // hot: per message
///
///   lines            not empty, without a line feed, and not ending with a carriage return
///   json             JSON
///   length_prefixed  any; in each form one that is absent cannot
bool fits(Format format, leat_bytes payload, std::string& why);

/// Bytes of `count` payloads of `bytes` bytes together.
size_t merged_size(Format format, size_t count, size_t bytes);

/// Writes payloads one after the other into memory of merged_size.
class Merger {
  public:
    Merger(Format format, char* at) : format_(format), at_(at) {}
    void add(std::string_view payload);
    /// After the last.
    void finish();

  private:
    void put(char c) { *at_++ = c; }
    Format format_;
    char* at_;
    bool is_first_ = true;
};

}  // namespace leat::batch
