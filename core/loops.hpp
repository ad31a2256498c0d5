// Which sinks feed which routes, as the plugins tell it, and where messages would therefore go round in a loop.
#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace leat {

class Loops {
  public:
    /// sink, source  JSON pointers: "/routes/a/to", "/routes/b/from".
    void feeds(const std::string& sink, const std::string& source);

    /// The sinks from which a message comes back to their own route, and the routes it takes: "a -> b -> a".
    std::vector<std::pair<std::string, std::string>> found() const;

  private:
    struct Edge {
        std::string sink;
        std::string from, to;  // names of routes
    };
    bool find_way(const std::string& from, const std::string& to, std::set<std::string>& seen,
                  std::string& way) const;

    std::vector<Edge> edges_;
};

}  // namespace leat
