#include "support/paths.hpp"

#include <cstdlib>

namespace leat::test {
namespace {

std::string from_environment(const char* name, std::string otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : std::move(otherwise);
}

}  // namespace

std::string host() { return from_environment("LEAT_HOST", LEAT_BUILD_DIR "/bin/leat"); }

std::string tool(std::string_view name) { return LEAT_BUILD_DIR "/tests/tools/" + std::string(name); }

std::string plugin_folder() { return LEAT_BUILD_DIR "/tests/plugins"; }

std::string source_file(std::string_view path) { return LEAT_SOURCE_DIR "/" + std::string(path); }

std::string kafka_jars() {
    const std::string cache = from_environment("XDG_CACHE_HOME", from_environment("HOME", "/root") + "/.cache");
    return from_environment("LEAT_KAFKA_LIB", cache + "/leat/kafka-3.9.1");
}

long long setting(const char* name, long long otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::atoll(value) : otherwise;
}

}  // namespace leat::test
