// Changes fields of JSON payloads: pick, drop, rename, add, cast, in this order.
#pragma once
#include <leat/sdk/handler.hpp>

#include "pointer.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace leat::json {

enum class Type { string, integer, number, boolean };
enum class Missing { skip, reject };

/// Makes a value one of the type. False: `why` says why it cannot be.
bool cast(Json& value, Type to, std::string& why);

/// A message without payload passes as it is; one whose payload cannot be read or changed is rejected as it came.
class Fields : public Handler {
  public:
    std::vector<std::string> pick, drop;
    std::vector<std::pair<std::string, std::string>> rename, cast_to;
    std::vector<std::pair<std::string, Template>> add;
    Missing missing = Missing::skip;

    static auto options();
    void open() override;
    void handle(Message& message) override;  // hot: per message

  private:
    struct ByIndex {  // as the indexes of an array go: 2 before 10
        bool operator()(const std::string& a, const std::string& b) const {
            return a.size() != b.size() ? a.size() < b.size() : a < b;
        }
    };
    struct Kept {  // what is picked below a value: all of it, or these of its children
        bool whole = false;
        std::map<std::string, Kept, ByIndex> children;
    };
    struct Move {
        Pointer from, to;
    };
    struct Cast {
        Pointer at;
        Type to;
    };

    bool change(Json& root, const Message& message);
    bool select(Json& from, const Kept& kept, const std::string& path, Json& into);
    bool fill_in(Json& root, const Message& message);
    bool absent(const std::string& path);

    Kept kept_;
    std::vector<Pointer> drops_, adds_;
    std::vector<Move> moves_;
    std::vector<Cast> casts_;
    std::string why_;
};

inline auto Fields::options() {
    return leat::options(
        option<&Fields::pick>("pick", "JSON pointers of the only fields to keep.")
            .example("[\"/device\", \"/value\"]"),
        option<&Fields::drop>("drop", "JSON pointers of fields to take away."),
        option<&Fields::rename>("rename", "Where a field is and where it goes, as JSON pointers.")
            .example("{ \"/v\": \"/value\" }"),
        option<&Fields::add>("add", "JSON pointers and the texts to put there; a field that is there is replaced.")
            .example("{ \"/site\": \"${topic[0]}\" }"),
        option<&Fields::cast_to>("cast",
                                 "JSON pointers and the type to make of what is there: string, integer, "
                                 "number or boolean.")
            .example("{ \"/value\": \"number\" }"),
        option<&Fields::missing>("missing",
                                 "What becomes of a message that lacks a field to pick, drop, rename or "
                                 "cast: skip goes on without it.")
            .allowed({"skip", "reject"}));
}

}  // namespace leat::json
