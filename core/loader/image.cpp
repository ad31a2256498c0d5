#include "loader/image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace leat::loader {
namespace {

class File {
  public:
    explicit File(const std::string& path)
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    }  // a pipe's writer is not waited for
    ~File() {
        if (is_open()) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool is_open() const { return descriptor_ >= 0; }
    int descriptor() const { return descriptor_; }

    template <class Header>
    bool read(Header& into, uint64_t offset) const {
        return ::pread(descriptor_, &into, sizeof into, static_cast<off_t>(offset)) ==
               static_cast<ssize_t>(sizeof into);
    }

  private:
    int descriptor_;
};

std::string words_of(int error) { return std::generic_category().message(error); }

// Where the last byte that the loader maps has to be; 0: it will not map anything of this.
uint64_t needed_bytes(const File& file) {
    Elf64_Ehdr header{};
    if (!file.read(header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
        return 0;
    }
    uint64_t needed = header.e_phoff + uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
    for (uint64_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        if (!file.read(segment, header.e_phoff + i * sizeof segment)) return needed;
        if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
        if (segment.p_filesz > UINT64_MAX - segment.p_offset) return UINT64_MAX;
        needed = std::max(needed, segment.p_offset + segment.p_filesz);
    }
    return needed;
}

}  // namespace

std::string unfit_image(const std::string& path) {
    const File file(path);
    if (!file.is_open()) return "it cannot be opened: " + words_of(errno);
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0) return "it cannot be looked at: " + words_of(errno);
    if (S_ISDIR(status.st_mode)) return "it is a folder";
    if (!S_ISREG(status.st_mode)) return "it is no file";
    if (status.st_size == 0) return "it is empty";
    const uint64_t needed = needed_bytes(file);
    if (needed <= static_cast<uint64_t>(status.st_size)) return {};
    return "it is cut short: its header speaks of " + std::to_string(needed) + " bytes, it has " +
           std::to_string(status.st_size) + "; copy or build it again";
}

}  // namespace leat::loader
