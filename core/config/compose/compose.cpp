#include "config/compose/compose.hpp"

#include "config/compose/copy.hpp"

namespace leat::config {

std::unique_ptr<Document> compose(std::unique_ptr<Document> main, const Environment& environment, const Open& open,
                                  Report& report) {
    auto composed = include_files(std::move(main), environment, open, report);
    Budget budget;
    expand_for_each(*composed, environment, budget, report);
    link(composed->root);
    substitute(composed->root, environment, report);
    apply_defaults(*composed, budget, report);
    link(composed->root);
    return composed;
}

}  // namespace leat::config
