// The file of --status-json: a line of JSON each time.
//
//     StatusFile file;
//     if (const int error = file.open(path)) ...
//     if (const int error = file.write(line)) ...   // e.g. ENOSPC; the next line is tried all the same
//
// On one thread.
#pragma once

#include <string>
#include <string_view>

namespace leat::app {

class StatusFile {
  public:
    StatusFile() = default;
    ~StatusFile();
    StatusFile(const StatusFile&) = delete;
    StatusFile& operator=(const StatusFile&) = delete;

    /// Empties or makes the file. 0, or errno. A pipe has to have a reader: nobody is waited for.
    int open(const std::string& path);
    bool is_open() const { return descriptor_ >= 0; }
    /// Appends a line that ends with a line feed. 0, or errno; of a line for which there is no room nothing stays.
    int write(std::string_view line);

  private:
    int descriptor_ = -1;
};

}  // namespace leat::app
