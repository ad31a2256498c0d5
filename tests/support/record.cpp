#include "support/record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>

#include "support/folder.hpp"

namespace leat::test {

RecordWriter::RecordWriter(const std::string& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw std::runtime_error("cannot open " + path);
}

RecordWriter::~RecordWriter() {
    try {
        flush();
    } catch (const std::exception&) {  // a record that is missing shows as a loss
    }
    ::close(fd_);
}

void RecordWriter::flush() {
    const auto bytes = std::as_bytes(std::span(pending_));
    for (std::size_t done = 0; done < bytes.size();) {
        const auto n = ::write(fd_, bytes.data() + done, bytes.size() - done);
        if (n <= 0) throw std::runtime_error("cannot write records");
        done += static_cast<std::size_t>(n);
    }
    pending_.clear();
}

std::vector<Record> read_records(const std::string& path) {
    const std::string bytes = read_file(path);
    std::vector<Record> records(bytes.size() / sizeof(Record));
    if (!records.empty()) std::memcpy(records.data(), bytes.data(), records.size() * sizeof(Record));
    return records;
}

std::uint64_t count_records(const std::string& path) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path, missing);
    return missing ? 0 : size / sizeof(Record);
}

}  // namespace leat::test
