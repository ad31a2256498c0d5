// The resolved options of one component: what its creator is handed as `const leat_value *options`.
//
// Owns all that the values point to - texts, lists, compiled templates and conditions - and lives as long as the
// component (the model holds it by shared_ptr). Immutable once validate() made it: any thread may read it.
#pragma once

#include <leat/plugin.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/substitute.hpp"
#include "expression/condition.hpp"
#include "expression/template.hpp"

namespace leat::config {

class OptionSet {
  public:
    OptionSet() = default;
    OptionSet(const OptionSet&) = delete;
    OptionSet& operator=(const OptionSet&) = delete;

    // One for each declared option, in the order of the descriptor. Never null.
    const leat_value* values() const { return values_; }
    size_t count() const { return count_; }

    // What host->reread reads: the source of a value that came from ${file:}, or null for another. Found by the
    // address of its text, so a copy of the leat_value serves as well.
    const Rereadable* rereadable(const leat_value& value) const {
        const auto found = rereadable_.find(value.text.data);
        return found == rereadable_.end() ? nullptr : &found->second;
    }

  private:
    friend class OptionReader;

    const leat_value* values_ = nullptr;
    size_t count_ = 0;
    std::deque<std::string> texts_;  // deques: what points into them stays valid
    std::deque<std::vector<leat_value>> arrays_;
    std::deque<leat_template> templates_;
    std::deque<leat_condition> conditions_;
    std::map<const char*, Rereadable> rereadable_;
};

}  // namespace leat::config
