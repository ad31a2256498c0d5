// What the test programs write down about each message: 16 bytes, in the order in which it happened.
//
//   RecordWriter acknowledged("published.rec");
//   acknowledged.add({.id = 17, .lane = 3});
//   acknowledged.flush();                      // now another process sees it
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat::test {

/** What was wrong with a message that arrived; bits. */
enum Fault : std::uint32_t {
    kNoFault = 0,
    kPayloadFault = 1,  ///< The payload is not the one that this id had.
    kKeyFault = 2,      ///< Likewise the key, or the topic that was made of it.
    kHeaderFault = 4,   ///< A header is missing or has another value.
    kUnreadable = 8,    ///< Not even the id could be read; `id` is 0.
};

/** One message published and acknowledged, or one that landed. Ids begin with 1. */
struct Record {
    std::uint64_t id = 0;
    std::uint32_t lane = 0;
    std::uint32_t faults = kNoFault;
};
static_assert(sizeof(Record) == 16, "the file format is an array of these, little-endian");

/** Appends records to a file. [one thread] */
class RecordWriter {
  public:
    /** Opens the file for appending; it is created when missing. Throws std::runtime_error. */
    explicit RecordWriter(const std::string& path);
    ~RecordWriter();
    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    void add(Record record) {
        pending_.push_back(record);
        if (pending_.size() >= 4096) flush();
    }
    /** Hands everything to the kernel. Throws std::runtime_error on a full disk. */
    void flush();

  private:
    int fd_;
    std::vector<Record> pending_;
};

/** All whole records of a file; none when it is missing. */
std::vector<Record> read_records(const std::string& path);

/** How many whole records a file has now. */
std::uint64_t count_records(const std::string& path);

}  // namespace leat::test
