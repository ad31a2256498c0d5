#include "loops.hpp"

namespace leat {
namespace {

// "/routes/NAME/from" -> "NAME"
std::string route_of(const std::string& path) {
    const size_t begin = path.find('/', 1);
    if (begin == std::string::npos) return path;
    return path.substr(begin + 1, path.find('/', begin + 1) - begin - 1);
}

}  // namespace

void Loops::feeds(const std::string& sink, const std::string& source) {
    edges_.push_back({sink, route_of(sink), route_of(source)});
}

bool Loops::find_way(const std::string& from, const std::string& to, std::set<std::string>& seen,
                     std::string& way) const {
    if (from == to) return true;
    if (!seen.insert(from).second) return false;
    for (const Edge& edge : edges_) {
        if (edge.from != from) continue;
        std::string rest;
        if (!find_way(edge.to, to, seen, rest)) continue;
        way = " -> " + edge.to + rest;
        return true;
    }
    return false;
}

std::vector<std::pair<std::string, std::string>> Loops::found() const {
    std::vector<std::pair<std::string, std::string>> loops;
    for (const Edge& edge : edges_) {
        std::set<std::string> seen;
        std::string way;
        if (find_way(edge.to, edge.from, seen, way)) {
            loops.emplace_back(edge.sink, edge.from + " -> " + edge.to + way);
        }
    }
    return loops;
}

}  // namespace leat
