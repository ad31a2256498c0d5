// A temporary folder that is gone with its owner.
//
//   leat::test::Folder folder;                     // /tmp/leat-AbCdEf
//   folder.write("bridge.json", R"({...})");
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace leat::test {

/** A new temporary folder; removed with all that is in it, unless LEAT_KEEP=1 is in the environment. */
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /** The path of `name` in it, existing or not. */
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }
    /** Writes a file and returns its path. Throws std::runtime_error. */
    std::string write(std::string_view name, std::string_view content) const;

  private:
    std::filesystem::path path_;
};

/** The content of a file; empty when it is not there. */
std::string read_file(const std::filesystem::path& path);

}  // namespace leat::test
