// Compares records: what was acknowledged to a publisher against what can be read back. Knows nothing of the router.
#include <iostream>

#include "support/auditor.hpp"
#include "tools/arguments.hpp"
#include "tools/content.hpp"

using namespace leat::test;

namespace {

constexpr std::string_view kUsage =
    "usage: audit --published FILE... --landed FILE... [--above LIMIT] [--order 0|1] [--title TEXT]\n"
    "--above LIMIT: only messages whose value is above it were to land.\n"
    "Exit code 1 when a message is lost or corrupt; with --order 1 also when one is out of order.";

std::vector<Record> read_all(const std::vector<std::string>& files) {
    std::vector<Record> all;
    for (const auto& file : files) {
        const auto records = read_records(file);
        all.insert(all.end(), records.begin(), records.end());
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv, kUsage);
    auto published = read_all(arguments.list("published"));
    const auto landed = read_all(arguments.list("landed"));
    if (arguments.has("above")) {
        const double limit = arguments.real("above", 0);
        std::erase_if(published, [limit](const Record& record) { return Content::value(record.id) <= limit; });
    }
    const Verdict verdict = audit(published, landed);
    if (arguments.has("title")) std::cout << arguments.text("title") << ": ";
    std::cout << verdict << std::endl;
    const bool in_order = arguments.number("order", 0) == 0 || verdict.disordered == 0;
    return verdict.clean() && in_order ? 0 : 1;
}
