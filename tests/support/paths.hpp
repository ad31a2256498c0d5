// Where the programs under test and the programs that test them are.
#pragma once

#include <string>
#include <string_view>

namespace leat::test {

/** The host, build/bin/leat; LEAT_HOST in the environment names another. */
std::string host();

/** A program of tests/tools, by its name. */
std::string tool(std::string_view name);

/** The folder with the plugins that only tests use. */
std::string plugin_folder();

/** A file of the source tree, by its path from the top. */
std::string source_file(std::string_view path);

/** The folder with Kafka's jars; LEAT_KAFKA_LIB in the environment names another than fetch_kafka.sh's default. */
std::string kafka_jars();

/** A whole number from the environment, else `otherwise`. */
long long setting(const char* name, long long otherwise);

}  // namespace leat::test
