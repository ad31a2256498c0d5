// A report as one page that needs nothing else: machine, summary, charts, tables.
#pragma once

#include "bench/figures/result.hpp"

#include <string>
#include <string_view>

namespace leat::bench {

/// Text for HTML and attributes, made printable first: what a file says cannot end a tag or hide.
std::string escaped(std::string_view text);

/// `before`: an earlier report to compare with, and how it is called; or nullptr. `flames`: a page with flame graphs
/// to link to; or empty.
std::string page(const Report& report, const Report* before, const std::string& before_name,
                 const std::string& flames = "");

}  // namespace leat::bench
