// From the JSON of one component to its OptionSet, by the options that its plugin declares.
//
//   OptionReader reader({'/', "telemetry"}, report);
//   auto options = reader.read(descriptor->sink_options, sink.component.given, *sink.component.at, "kafka's sinks",
//   kSinkKeys);
//
// Reports unknown, missing and wrong options; an OptionSet made with errors must not reach a plugin.
#pragma once

#include <leat/plugin.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"
#include "expression/field.hpp"

namespace leat::config {

class Report;

class OptionReader {
  public:
    OptionReader(expression::Surroundings around, Report& report) : around_(std::move(around)), report_(report) {}

    // declared   NULL at the end; may be NULL itself
    // given      the members of `object` that are the plugin's
    // whose      for sentences: "kafka", "kafka as a sink"
    // core_keys  what the core understands there, for suggestions
    std::shared_ptr<const OptionSet> read(const leat_option* const* declared, const std::vector<const Node*>& given,
                                          const Node& object, std::string_view whose,
                                          const std::vector<std::string_view>& core_keys);

  private:
    using Fields = std::vector<leat_value>;

    Fields read_fields(const leat_option* const* declared, const std::vector<const Node*>& given, const Node& object,
                       std::string_view whose, const std::vector<std::string_view>& core_keys);
    leat_value read_default(const leat_option& option, const Node& object, std::string_view whose);
    leat_value convert(const leat_option& option, uint32_t type, const Node& node);
    leat_value convert_checked(const leat_option& option, uint32_t type, const Node& node, std::string& error);
    leat_value number_value(const leat_option& option, uint32_t type, const Node& node, std::string& error);
    leat_value list_value(const leat_option& option, const Node& node, std::string& error);
    leat_value map_value(const leat_option& option, const Node& node, std::string& error);
    leat_value block_value(const leat_option& option, const Node& node, std::string& error);
    leat_value compiled_value(uint32_t type, const Node& node, std::string& error);
    leat_value text_value(uint32_t type, const Node& node, std::string& error);
    leat_bytes keep(std::string text);
    leat_bytes written(const Node& node);
    const leat_value* keep(Fields values);

    expression::Surroundings around_;
    Report& report_;
    OptionSet* set_ = nullptr;  // the one being made
};

// Compiles at the core's own places (lane, headers, if). Null with a line in `report` when the text is wrong.
std::shared_ptr<const leat_template> compile_template(const Node& node, const expression::Surroundings& around,
                                                      Report& report);
std::shared_ptr<const leat_condition> compile_condition(const Node& node, const expression::Surroundings& around,
                                                        Report& report);

}  // namespace leat::config
