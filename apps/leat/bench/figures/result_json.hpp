// Reports as JSON, format 1: what `--json` writes, and what `--with` and `--baseline` read.
//
//     write_file("now.json", report_text(report));
//     Report before = read_report("last.json");          // throws BadReport: "last.json:12: /results/3/median: ..."
#pragma once

#include "bench/figures/result.hpp"

#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>

namespace leat::bench {

/// A file that is no report; what() names the file and the place.
struct BadReport : std::runtime_error {
    using std::runtime_error::runtime_error;
};

nlohmann::ordered_json to_json(const Report& report);
/// `name`: how errors call it.
Report parse_report(const std::string& text, const std::string& name);
Report read_report(const std::string& file);
std::string report_text(const Report& report);

}  // namespace leat::bench
