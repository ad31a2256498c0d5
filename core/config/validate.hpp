// Completes a model with what the plugins declare: finds their descriptors, checks every option and fills in
// defaults.
//
// Knows no plugin and no loader: it is handed a look-up.
#pragma once

#include <leat/plugin.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace leat::config {

class Report;

// The plugins that there are.
struct Plugins {
    std::function<const leat_descriptor*(const std::string& name)> find;  // null when there is none
    std::function<std::vector<std::string>(uint32_t kind)> names;         // for suggestions; may be empty
    std::function<std::string(const std::string& name)>
        why_not;  // why a library of that name was refused; may be empty
};

// Reports all that is wrong; the model is fit for use when the report then has no errors.
void validate(Model& model, const Plugins& plugins, Report& report);

}  // namespace leat::config
