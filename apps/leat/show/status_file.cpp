#include "show/status_file.hpp"

#include "show/screen.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace leat::app {

StatusFile::~StatusFile() {
    if (is_open()) ::close(descriptor_);
}

int StatusFile::open(const std::string& path) {
    descriptor_ =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
    return is_open() ? 0 : errno;
}

int StatusFile::write(std::string_view line) {
    struct stat before {};
    const bool is_file = ::fstat(descriptor_, &before) == 0 && S_ISREG(before.st_mode);
    const int error = write_all(descriptor_, line);
    // No torn line stays. Where even this fails, the next one only stands behind it.
    if (error != 0 && is_file) (void)!::ftruncate(descriptor_, before.st_size);
    return error;
}

}  // namespace leat::app
