// A JSON Schema, compiled: the keywords that README.md lists, with the meaning of draft 2020-12.
//
//     const Schema schema(Json::parse(text));              // throws std::invalid_argument, with the place
//     std::string why;
//     if (!schema.accepts(value, why)) reject(why);         // "/device/id: is an integer, not a string"
//
// Checking takes bounded time, whatever the payload: a schema that branches without end gives up and rejects.
#pragma once
#include "bounded_json/read.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace leat::validate {

using bounded_json::Json;

class Schema {
  public:
    explicit Schema(Json document);
    bool accepts(const Json& value, std::string& why) const;

  private:
    struct Node {  // one schema; what is not said allows everything
        bool is_false = false;
        uint32_t types = 0;  // bits of Type; 0: any
        std::optional<Json> constant;
        std::vector<Json> choices;
        std::map<std::string, const Node*> properties;
        std::vector<std::string> required;
        const Node* additional = nullptr;
        const Node* items = nullptr;
        const Node* negated = nullptr;
        const Node* reference = nullptr;
        std::vector<const Node*> all_of, any_of, one_of;
        std::optional<double> minimum, maximum, above, below;
        std::optional<uint64_t> min_length, max_length, min_items, max_items, min_properties, max_properties;
        bool has_choices = false, has_properties = false;
    };
    struct Walk;

    const Node* compile(const Json& from, const std::string& path);
    void compile_keyword(Node& node, const std::string& keyword, const Json& value, const std::string& path);
    bool compile_number(Node& node, const std::string& keyword, const Json& value, const std::string& path);
    bool compile_schemas(Node& node, const std::string& keyword, const Json& value, const std::string& path);
    const Node* resolve(const std::string& reference, const std::string& path);

    Json document_;
    std::map<std::string, Node*> by_place_;  // what references name; also while it is being compiled
    std::deque<Node> nodes_;
    const Node* root_;
};

}  // namespace leat::validate
