#include "json.hpp"

#include "bounded_json/utf8.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace leat::json {
namespace {

constexpr std::pair<const char*, Type> kTypes[] = {
    {"string", Type::string}, {"integer", Type::integer}, {"number", Type::number}, {"boolean", Type::boolean}};

Type type_of(const std::string& path, const std::string& name) {
    for (const auto& [each, type] : kTypes) {
        if (name == each) return type;
    }
    throw std::invalid_argument("cast: " + path + ": there is no type \"" + name +
                                "\"; there are string, integer, number, boolean");
}

// A pointer to something inside the payload.
Pointer inside(const char* option, const std::string& text) {
    try {
        Pointer made(text);
        if (!made.tokens().empty()) return made;
    } catch (const std::invalid_argument& e) {
        throw std::invalid_argument(std::string(option) + ": " + e.what());
    }
    throw std::invalid_argument(std::string(option) + ": \"\" is the whole payload; name a field, as in \"/device\"");
}

template <class T>
bool parse(const std::string& text, T& into) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, into);
    return error == std::errc() && stop == end && !text.empty();
}

bool to_integer(Json& value) {
    if (value.is_number_integer()) return true;
    if (value.is_boolean()) return value = value.get<bool>() ? 1 : 0, true;
    if (value.is_number_float()) {
        const double number = value.get<double>();
        // 2^63 is the first beyond; below, whole numbers convert exactly.
        if (number != std::floor(number) || number < -9223372036854775808.0 || number >= 9223372036854775808.0)
            return false;
        return value = static_cast<int64_t>(number), true;
    }
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    int64_t number = 0;
    uint64_t large = 0;
    if (parse(text, number)) return value = number, true;
    if (parse(text, large)) return value = large, true;
    return false;
}

bool to_number(Json& value) {
    if (value.is_number()) return true;
    if (value.is_boolean()) return value = value.get<bool>() ? 1 : 0, true;
    double number = 0;
    if (!value.is_string() || !parse(value.get_ref<const std::string&>(), number) || !std::isfinite(number))
        return false;
    return value = number, true;
}

bool to_boolean(Json& value) {
    if (value.is_boolean()) return true;
    if (value == "true" || value == "false") return value = value == "true", true;
    if (value == 0 || value == 1) return value = value == 1, true;
    return false;
}

bool to_string(Json& value) {
    if (value.is_null()) return false;
    if (!value.is_string()) value = bounded_json::write(value);
    return true;
}

}  // namespace

bool cast(Json& value, Type to, std::string& why) {
    bool is_done = false;
    switch (to) {
        case Type::string:
            is_done = to_string(value);
            break;
        case Type::integer:
            is_done = to_integer(value);
            break;
        case Type::number:
            is_done = to_number(value);
            break;
        case Type::boolean:
            is_done = to_boolean(value);
            break;
    }
    if (is_done) return true;
    why = bounded_json::write(value).substr(0, 60) + " is no " + kTypes[static_cast<int>(to)].first;
    why.resize(bounded_json::utf8_prefix(why));
    return false;
}

void Fields::open() {
    for (const std::string& path : pick) {
        const Pointer pointer = inside("pick", path);
        Kept* at = &kept_;
        for (const std::string& token : pointer.tokens()) at = &at->children[token];
        at->whole = true;
    }
    for (const std::string& path : drop) drops_.push_back(inside("drop", path));
    for (const auto& [from, to] : rename) moves_.push_back({inside("rename", from), inside("rename", to)});
    for (const auto& [path, text] : add) adds_.push_back(inside("add", path));
    for (const auto& [path, type] : cast_to) casts_.push_back({Pointer(path), type_of(path, type)});
}

void Fields::handle(Message& message) {  // hot: per message
    if (!message.has_payload()) return;
    Json root;
    if (!bounded_json::read(message.payload(), root, why_)) return message.reject(why_);
    if (!change(root, message)) return message.reject(why_);
    message.set_payload(bounded_json::write(root));
}

bool Fields::change(Json& root, const Message& message) {
    if (!pick.empty()) {
        if (!root.is_structured()) {
            return why_ = "pick: the payload is a " + std::string(root.type_name()) + " and has no fields", false;
        }
        Json kept = root.is_array() ? Json::array() : Json::object();
        if (!select(root, kept_, "", kept)) return false;
        root = std::move(kept);
    }
    Json taken;
    for (const Pointer& path : drops_) {
        if (!path.take(root, taken) && !absent(path.text())) return false;
    }
    for (const Move& move : moves_) {
        if (!move.from.take(root, taken)) {
            if (!absent(move.from.text())) return false;
        } else if (!move.to.place(root, std::move(taken), why_)) {
            return why_ = "rename: " + why_, false;
        }
    }
    if (!fill_in(root, message)) return false;
    for (const Cast& each : casts_) {
        Json* value = each.at.find(root);
        if (!value && !absent(each.at.text())) return false;
        if (value && !cast(*value, each.to, why_)) return why_ = "cast: " + each.at.text() + ": " + why_, false;
    }
    return true;
}

// Moves what is picked over, in the shape that it had; elements of arrays close up.
bool Fields::select(Json& from, const Kept& kept, const std::string& path, Json& into) {
    for (const auto& [token, below] : kept.children) {
        Json* found = child(from, token);
        const std::string here = missing == Missing::reject ? path + "/" + token : std::string();
        if (!found || (!below.whole && !found->is_structured())) {
            if (!absent(here)) return false;
            continue;
        }
        Json& place = into.is_array() ? into.emplace_back() : into[token];
        if (below.whole) {
            place = std::move(*found);
        } else {
            place = found->is_array() ? Json::array() : Json::object();
            if (!select(*found, below, here, place)) return false;
        }
    }
    return true;
}

bool Fields::fill_in(Json& root, const Message& message) {
    for (size_t i = 0; i < adds_.size(); ++i) {
        const Template::Result text = add[i].second(message.c());
        if (!text.ok) {
            why_ = "add: " + adds_[i].text() + ": " + std::string(view(text.text));
            return false;
        }
        if (!bounded_json::is_utf8(view(text.text))) {
            return why_ = "add: " + adds_[i].text() + ": the value is no UTF-8", false;
        }
        if (!adds_[i].place(root, std::string(view(text.text)), why_)) return why_ = "add: " + why_, false;
    }
    return true;
}

// Whether to go on without a field.
bool Fields::absent(const std::string& path) {
    if (missing == Missing::skip) return true;
    why_ = path + ": there is no such field";
    return false;
}

}  // namespace leat::json
