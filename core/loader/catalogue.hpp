// The plugins that can be had: name -> descriptor. Libraries are opened when first asked for.
//
//     Catalogue catalogue(search_path({}));
//     if (const leat_descriptor* kafka = catalogue.find("kafka")) ...
//     else for (auto& refusal : catalogue.refusals()) ...   // libraries that were looked at in vain, and why
//
// On one thread at a time.
#pragma once
#include <leat/plugin.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace leat::loader {

class Catalogue {
  public:
    explicit Catalogue(std::vector<std::string> directories) : directories_(std::move(directories)) {}

    /// The descriptor of that name; tries leat_NAME.so first, then every library of the search path.
    const leat_descriptor* find(const std::string& name);

    struct Entry {
        const leat_descriptor* descriptor;
        std::string path;
    };
    /// Everything in the search path, by name. Of two with the same name the first in search order counts.
    const std::map<std::string, Entry>& all();
    const std::vector<std::string>& refusals() const { return refusals_; }
    const std::vector<std::string>& directories() const { return directories_; }

  private:
    void open(const std::string& path);

    std::vector<std::string> directories_;
    std::map<std::string, Entry> entries_;
    std::set<std::string> opened_;
    std::vector<std::string> refusals_;
    bool has_all_ = false;
};

}  // namespace leat::loader
