#include "bench/report/output.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace leat::bench {
namespace {

namespace fs = std::filesystem;

// A device or a pipe cannot be put in place by a rename.
bool is_replaced(const std::string& file) {
    std::error_code ignored;
    const fs::file_status status = fs::status(file, ignored);
    return !fs::exists(status) || fs::is_regular_file(status);
}

// Where a new one grows beside the old, which a link may name; `file` itself, where there is nothing to replace.
std::string place_of(const std::string& file) {
    std::error_code error;
    const fs::path named = fs::weakly_canonical(file, error);
    return error ? file : is_replaced(file) ? named.string() + ".new" : file;
}

std::string told(const std::string& file, int error) { return "cannot write " + file + ": " + std::strerror(error); }

}  // namespace

std::string obstacle(const std::string& file) {
    std::error_code ignored;
    const std::string place = place_of(file);
    if (place == file) return fs::is_directory(file, ignored) ? told(file, EISDIR) : "";  // opening may say too much
    errno = 0;
    if (!std::ofstream(place, std::ios::app)) return told(file, errno);
    fs::remove(place, ignored);
    return "";
}

void write_file(const std::string& file, const std::string& text) {
    const std::string place = place_of(file);
    errno = 0;
    std::ofstream out(place, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    std::error_code error;
    if (!out) {
        const std::string why = told(file, errno);
        if (place != file) fs::remove(place, error);
        throw std::runtime_error(why);
    }
    if (place != file) fs::rename(place, fs::weakly_canonical(file), error);
    if (error) throw std::runtime_error("cannot write " + file + ": " + error.message());
}

}  // namespace leat::bench
