// JSON pointers [RFC 6901] that can also place and take away.
//
//     const Pointer at("/device/id");          // throws std::invalid_argument where it is no pointer
//     if (Json* id = at.find(value)) ...
//     at.place(value, 7, why);                 // makes the objects on the way
#pragma once
#include "bounded_json/read.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace leat::json {

using bounded_json::Json;

class Pointer {
  public:
    static constexpr size_t kMostTokens = 64;

    explicit Pointer(std::string_view text);

    const std::string& text() const { return text_; }
    const std::vector<std::string>& tokens() const { return tokens_; }

    Json* find(Json& root) const { return find(root, tokens_.size()); }
    /// Takes what is there away. False: nothing is there.
    bool take(Json& root, Json& out) const;
    /// Puts a value there: replaces, adds a member, or adds to an array (its size or - as the last token). Members on
    /// the way that are missing become objects. False: `why` says what stands in the way.
    bool place(Json& root, Json&& value, std::string& why) const;

  private:
    Json* find(Json& root, size_t depth) const;

    std::string text_;
    std::vector<std::string> tokens_;
};

/// The element that a token names; nullptr: none.
Json* child(Json& of, const std::string& token);

}  // namespace leat::json
