// Options declared once: they become members with values, defaults, documentation and JSON Schema.
//
//     struct Above : leat::Handler {
//         double limit = 80;   // the default
//         static auto options() {
//             return leat::options(leat::option<&Above::limit>("limit", "Degrees above which a reading passes."));
//         }
//     };
//
// What a member's type becomes: std::string, Secret, Path, Url: text · integers · double · bool · std::chrono
// durations · Size · Rate · Template · Condition · std::vector<T>: list · std::vector<std::pair<std::string, T>>: map
// · a struct with options() of its own: a nested object · std::optional<T>: has no default. A std::string or an enum
// (counted from 0) with allowed({...}) is one of these words.
#pragma once
#include <leat/sdk/services.hpp>

#include <charconv>
#include <deque>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
inline namespace v1 {

struct Size {
    uint64_t bytes = 0;
};
struct Rate {
    double per_second = 0;  ///< 0: unlimited
};
struct Url {
    std::string text;
};
struct Path {
    std::string text;  ///< absolute
};

struct OptionSpec;
template <class T>
struct OptionType;  // how a C++ type stands in the header: see the specialisations below

/// One declared option; refine it by chaining. Made at load, on one thread.
struct OptionSpec {
    const char* name;
    const char* description;
    uint32_t type = 0;
    uint32_t element = 0;
    uint32_t flags = 0;
    double minimum = 0;
    double maximum = 0;
    const char* example_json = nullptr;
    std::optional<std::string> default_json;
    std::vector<const char*> words;
    std::vector<OptionSpec> fields;
    void (*bind)(void* object, const leat_value& value, const leat_host* host) = nullptr;
    std::string (*show)(const void* object) = nullptr;  ///< the member's value as JSON

    /// The member's value as JSON; a number that stands for a word as the word.
    std::string shown(const void* object) const {
        const std::string text = show(object);
        const bool is_index = type == LEAT_ENUM && !text.empty() && text[0] >= '0' && text[0] <= '9';
        return is_index ? '"' + std::string(words.at(std::stoul(text))) + '"' : text;
    }

    OptionSpec required() && { return flags |= LEAT_OPTION_REQUIRED, std::move(*this); }
    OptionSpec advanced() && { return flags |= LEAT_OPTION_ADVANCED, std::move(*this); }
    OptionSpec range(double low, double high) && { return minimum = low, maximum = high, std::move(*this); }
    OptionSpec example(const char* json) && { return example_json = json, std::move(*this); }
    OptionSpec allowed(std::initializer_list<const char*> these) && {
        type = LEAT_ENUM;
        words = these;
        return std::move(*this);
    }
    /// A default as JSON text, for types whose member cannot hold it (templates).
    OptionSpec otherwise(const char* json) && { return default_json = json, std::move(*this); }
};

/// The options of one component, as C sees them. Lives for the life of the library.
class OptionTable {
  public:
    explicit OptionTable(std::vector<OptionSpec> specs) : specs_(std::move(specs)) {}
    OptionTable(OptionTable&&) = default;
    OptionTable& operator=(OptionTable&&) = default;
    OptionTable(const OptionTable&) = delete;
    OptionTable& operator=(const OptionTable&) = delete;

    /// Fills in the C descriptors; defaults are read off a default-made object.
    void finish(const void* example_object) { list_ = finish(specs_, example_object); }
    const leat_option* const* list() const { return list_; }
    void bind(void* object, const leat_value* values, const leat_host* host) const {
        bind(specs_, object, values, host);
    }

    static void bind(const std::vector<OptionSpec>& specs, void* object, const leat_value* values,
                     const leat_host* host) {
        for (size_t i = 0; i < specs.size(); ++i) {
            if (values[i].type != 0) specs[i].bind(object, values[i], host);
        }
    }

  private:
    const leat_option* const* finish(std::vector<OptionSpec>& specs, const void* object);

    std::vector<OptionSpec> specs_;
    const leat_option* const* list_ = nullptr;
    std::deque<leat_option> options_;
    std::deque<std::string> texts_;
    std::deque<std::vector<const leat_option*>> lists_;
    std::deque<std::vector<const char*>> words_;
};

inline const leat_option* const* OptionTable::finish(std::vector<OptionSpec>& specs, const void* object) {
    auto& list = lists_.emplace_back();
    std::vector<const leat_option*> made;
    for (OptionSpec& spec : specs) {
        leat_option& o = options_.emplace_back();
        o = {};
        o.size = sizeof o;
        o.type = spec.type;
        o.name = spec.name;
        o.description = spec.description;
        o.flags = spec.flags;
        o.element = spec.element;
        o.minimum = spec.minimum;
        o.maximum = spec.maximum;
        o.example = spec.example_json;
        if (!spec.words.empty()) {
            auto& words = words_.emplace_back(spec.words);
            words.push_back(nullptr);
            o.allowed = words.data();
        }
        if (spec.type == LEAT_BLOCK) o.fields = finish(spec.fields, nullptr);
        std::string shown = spec.default_json.value_or(
            spec.show && object && !(spec.flags & LEAT_OPTION_REQUIRED) ? spec.shown(object) : std::string());
        if (!shown.empty()) o.default_json = texts_.emplace_back(std::move(shown)).c_str();
        made.push_back(&o);
    }
    made.push_back(nullptr);
    list = std::move(made);
    return list.data();
}

namespace detail {

inline std::string quoted(std::string_view s) {
    constexpr const char* kHex = "0123456789abcdef";
    std::string out = "\"";
    for (char c : s) {
        if (c == '\n' || c == '\t') {
            out += c == '\n' ? "\\n" : "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4];
            out += kHex[c & 15];
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out + '"';
}

template <class T>
struct Bare {
    using Type = T;
};
template <class T>
struct Bare<std::optional<T>> {
    using Type = T;
};

template <auto M>
struct MemberOf;
template <class C, class T, T C::*M>
struct MemberOf<M> {
    using Class = C;
    using Type = T;
};

}  // namespace detail

// ---- how types stand in the header: `type`, `element`, read(value) and show(value) as JSON ("" = no default)

template <>
struct OptionType<std::string> {
    static constexpr uint32_t type = LEAT_STRING, element = 0;
    static std::string read(const leat_value& v, const leat_host*) { return std::string(view(v.text)); }
    static std::string show(const std::string& s) { return s.empty() ? "" : detail::quoted(s); }
};
template <class Wrapped, uint32_t Type>
struct TextOption {
    static constexpr uint32_t type = Type, element = 0;
    static Wrapped read(const leat_value& v, const leat_host*) { return {std::string(view(v.text))}; }
    static std::string show(const Wrapped& s) { return s.text.empty() ? "" : detail::quoted(s.text); }
};
template <>
struct OptionType<Url> : TextOption<Url, LEAT_URL> {};
template <>
struct OptionType<Path> : TextOption<Path, LEAT_PATH> {};
template <>
struct OptionType<Secret> {
    static constexpr uint32_t type = LEAT_SECRET, element = 0;
    static Secret read(const leat_value& v, const leat_host*) { return Secret(&v); }
    static std::string show(const Secret&) { return ""; }
};
template <>
struct OptionType<bool> {
    static constexpr uint32_t type = LEAT_BOOLEAN, element = 0;
    static bool read(const leat_value& v, const leat_host*) { return v.as.integer != 0; }
    static std::string show(bool b) { return b ? "true" : "false"; }
};
template <class T>
requires(std::is_integral_v<T> || std::is_enum_v<T>) struct OptionType<T> {
    static constexpr uint32_t type = LEAT_INTEGER, element = 0;
    static T read(const leat_value& v, const leat_host*) { return static_cast<T>(v.as.integer); }
    static std::string show(T n) { return std::to_string(static_cast<int64_t>(n)); }
};
template <>
struct OptionType<double> {
    static constexpr uint32_t type = LEAT_NUMBER, element = 0;
    static double read(const leat_value& v, const leat_host*) { return v.as.number; }
    static std::string show(double d) {
        char text[32];
        return std::string(text, std::to_chars(text, text + sizeof text, d).ptr);
    }
};
template <class R, class P>
struct OptionType<std::chrono::duration<R, P>> {
    using T = std::chrono::duration<R, P>;
    static constexpr uint32_t type = LEAT_DURATION, element = 0;
    static T read(const leat_value& v, const leat_host*) {
        return std::chrono::duration_cast<T>(Nanoseconds(v.as.integer));
    }
    static std::string show(T d) {
        const auto ns = std::chrono::duration_cast<Nanoseconds>(d).count();
        if (ns % 1'000'000'000 == 0) return '"' + std::to_string(ns / 1'000'000'000) + "s\"";
        if (ns % 1'000'000 == 0) return '"' + std::to_string(ns / 1'000'000) + "ms\"";
        if (ns % 1'000 == 0) return '"' + std::to_string(ns / 1'000) + "us\"";
        return '"' + std::to_string(ns) + "ns\"";
    }
};
template <>
struct OptionType<Size> {
    static constexpr uint32_t type = LEAT_SIZE, element = 0;
    static Size read(const leat_value& v, const leat_host*) { return {static_cast<uint64_t>(v.as.integer)}; }
    static std::string show(Size s) {
        if (s.bytes && s.bytes % (1 << 20) == 0) return '"' + std::to_string(s.bytes >> 20) + "MiB\"";
        if (s.bytes && s.bytes % (1 << 10) == 0) return '"' + std::to_string(s.bytes >> 10) + "KiB\"";
        return std::to_string(s.bytes);
    }
};
template <>
struct OptionType<Rate> {
    static constexpr uint32_t type = LEAT_RATE, element = 0;
    static Rate read(const leat_value& v, const leat_host*) { return {v.as.number}; }
    static std::string show(Rate r) { return OptionType<double>::show(r.per_second); }
};
template <>
struct OptionType<Template> {
    static constexpr uint32_t type = LEAT_TEMPLATE, element = 0;
    static Template read(const leat_value& v, const leat_host* host) {
        return Template(host, v.as.template_, v.text.size ? view(v.text) : "$");
    }
    static std::string show(const Template&) { return ""; }
};
template <>
struct OptionType<Condition> {
    static constexpr uint32_t type = LEAT_CONDITION, element = 0;
    static Condition read(const leat_value& v, const leat_host* host) { return Condition(host, v.as.condition); }
    static std::string show(const Condition&) { return ""; }
};
template <class T>
struct OptionType<std::optional<T>> {
    static constexpr uint32_t type = OptionType<T>::type, element = OptionType<T>::element;
    static std::optional<T> read(const leat_value& v, const leat_host* host) { return OptionType<T>::read(v, host); }
    static std::string show(const std::optional<T>& v) { return v ? OptionType<T>::show(*v) : ""; }
};
template <class T>
struct OptionType<std::vector<T>> {
    static constexpr uint32_t type = LEAT_LIST, element = OptionType<T>::type;
    static std::vector<T> read(const leat_value& v, const leat_host* host) {
        std::vector<T> all;
        for (uint32_t i = 0; i < v.count; ++i) all.push_back(OptionType<T>::read(v.as.items[i], host));
        return all;
    }
    static std::string show(const std::vector<T>& all) {
        std::string out;
        for (const T& one : all) out += (out.empty() ? "[" : ", ") + OptionType<T>::show(one);
        return out.empty() ? "" : out + "]";
    }
};
template <class T>
struct OptionType<std::vector<std::pair<std::string, T>>> {
    using Map = std::vector<std::pair<std::string, T>>;
    static constexpr uint32_t type = LEAT_MAP, element = OptionType<T>::type;
    static Map read(const leat_value& v, const leat_host* host) {
        Map all;
        for (uint32_t i = 0; i < v.count; ++i) {
            all.emplace_back(view(v.as.items[2 * i].text), OptionType<T>::read(v.as.items[2 * i + 1], host));
        }
        return all;
    }
    static std::string show(const Map&) { return ""; }
};
/// A struct with options() of its own.
template <class T>
requires requires { T::options(); }
struct OptionType<T> {
    static constexpr uint32_t type = LEAT_BLOCK, element = 0;
    static const std::vector<OptionSpec>& fields() {
        static const std::vector<OptionSpec> all = T::options();
        return all;
    }
    static T read(const leat_value& v, const leat_host* host) {
        T object{};
        OptionTable::bind(fields(), &object, v.as.items, host);
        return object;
    }
    static std::string show(const T&) { return ""; }
};

/// Declares the option of a member: name in the configuration, one sentence for people.
///
/// Owner  the class whose options() this is; to be named when the member is inherited:
///        leat::option<&Mine::url, Mine>("url", ...).
template <auto M, class Owner = typename detail::MemberOf<M>::Class>
OptionSpec option(const char* name, const char* description) {
    using T = typename detail::MemberOf<M>::Type;
    OptionSpec spec{};
    spec.name = name;
    spec.description = description;
    spec.type = OptionType<T>::type;
    spec.element = OptionType<T>::element;
    using Bare = typename detail::Bare<T>::Type;
    if constexpr (requires { Bare::options(); }) {
        spec.fields = Bare::options();
        const Bare example{};
        for (OptionSpec& field : spec.fields) {
            if (std::string shown = field.shown(&example); !field.default_json && !shown.empty())
                field.default_json = shown;
        }
    }
    spec.bind = [](void* object, const leat_value& value, const leat_host* host) {
        static_cast<Owner*>(object)->*M = OptionType<T>::read(value, host);
    };
    spec.show = [](const void* object) { return OptionType<T>::show(static_cast<const Owner*>(object)->*M); };
    return spec;
}

template <class... Specs>
std::vector<OptionSpec> options(Specs... specs) {
    std::vector<OptionSpec> all;
    (all.push_back(std::move(specs)), ...);
    return all;
}

/// The table of a type with static options(), made once. A type without options() has none.
template <class T>
const OptionTable& option_table() {
    static const OptionTable table = [] {
        if constexpr (requires { T::options(); }) {
            OptionTable made(T::options());
            const T example{};
            made.finish(static_cast<const void*>(&example));
            return made;
        } else {
            OptionTable none({});
            none.finish(nullptr);
            return none;
        }
    }();
    return table;
}

}  // namespace v1
}  // namespace leat
