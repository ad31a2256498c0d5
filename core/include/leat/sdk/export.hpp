// The one exported symbol of a plugin library.
//
//     LEAT_HANDLER(Above, "above", "1.0.0", "Lets readings above a limit pass.")     // also LEAT_STAGE, LEAT_BACKEND
//     LEAT_PLUGIN(leat::describe_stage<A>("a", "1.0.0", "..."), leat::describe_stage<B>("b", ...))   // several
#pragma once
#include <leat/sdk/backend.hpp>
#include <leat/sdk/handler.hpp>

#include <array>
#include <memory>
#include <type_traits>

namespace leat {
inline namespace v1 {

namespace detail {

inline void explain(const leat_host* host, leat_text* error) {
    host->text_set(error, bytes(current_exception_text()));
}

/// A handler whose handle() is known where it is called, and so becomes part of the loop over a batch.
template <class T>
class Direct final : public T {
    void work(leat_message* all, size_t n) override {
        this->work_by([this](Message& m) { T::handle(m); }, all, n);
    }
};

template <class T>
concept CanBeDirect = std::is_base_of_v<Handler, T> && !std::is_final_v<T> && requires(T & t, Message& m) {
    t.T::handle(m);
};

template <class T>
std::unique_ptr<T> make_stage() {
    if constexpr (CanBeDirect<T>) {
        return std::make_unique<Direct<T>>();
    } else {
        return std::make_unique<T>();
    }
}

template <class T>
leat_component* create_stage(const leat_host* host, leat_instance* me, const leat_identity* identity,
                             const leat_value* options, leat_text* error) {
    try {
        std::unique_ptr<T> stage = make_stage<T>();
        stage->attach({{host, me}, identity});
        option_table<T>().bind(stage.get(), options, host);
        stage->open();
        return stage.release()->c();
    } catch (...) {
        explain(host, error);
        return nullptr;
    }
}

/// A C++ backend as C sees it.
template <class T>
struct BackendFrame : leat_backend {
    explicit BackendFrame(const leat_host* h) : leat_backend{}, host(h) {
        size = sizeof(leat_backend);
        if constexpr (requires(T & t, const Setup& s) { t.part(s); }) create_part = &make_part;
        if constexpr (!std::is_void_v<typename T::SourceOptions>) create_source = &make_source;
        if constexpr (!std::is_void_v<typename T::SinkOptions>) create_sink = &make_sink;
        destroy = [](leat_backend* self) { delete static_cast<BackendFrame*>(self); };
    }

    // Makes a component, attaches it and hands it over; on an exception: nullptr and the reason.
    template <class Make>
    static leat_component* made(leat_backend* self, leat_instance* me, const leat_identity* identity,
                                leat_text* error, Make&& make) {
        auto* frame = static_cast<BackendFrame*>(self);
        try {
            const Setup setup{{frame->host, me}, identity};
            auto component = make(frame->object, setup);
            component->attach(setup);
            component->open();
            return component.release()->c();
        } catch (...) {
            explain(frame->host, error);
            return nullptr;
        }
    }
    static leat_component* make_part(leat_backend* self, leat_instance* me, const leat_identity* identity,
                                     leat_text* error) {
        return made(self, me, identity, error, [](T& object, const Setup& setup) { return object.part(setup); });
    }
    static leat_component* make_source(leat_backend* self, leat_instance* me, const leat_identity* identity,
                                       const leat_value* options, leat_text* error) {
        return made(self, me, identity, error, [&](T& object, const Setup& setup) {
            return object.source(setup, read_options<typename T::SourceOptions>(options, setup.services.host));
        });
    }
    static leat_component* make_sink(leat_backend* self, leat_component* part, leat_instance* me,
                                     const leat_identity* identity, const leat_value* options, leat_text* error) {
        return made(self, me, identity, error, [&](T& object, const Setup& setup) {
            return object.sink(setup, Part::of(part),
                               read_options<typename T::SinkOptions>(options, setup.services.host));
        });
    }

    const leat_host* host;
    T object;
};

template <class T>
leat_backend* create_backend(const leat_host* host, leat_instance* me, const leat_identity* identity,
                             const leat_value* options, leat_text* error) {
    try {
        auto frame = std::make_unique<BackendFrame<T>>(host);
        frame->object.attach({{host, me}, identity});
        option_table<T>().bind(&frame->object, options, host);
        frame->object.open();
        return frame.release();
    } catch (...) {
        explain(host, error);
        return nullptr;
    }
}

/// `describe` makes an array of descriptors. An exception of it, e.g. of the constructor from which options get their
/// defaults, would end the host: nothing between here and the system's loader takes it. So then it describes nothing,
/// which the host refuses.
template <class Describe>
leat_plugin describe_plugin(Describe describe) noexcept {
    leat_plugin plugin{LEAT_ABI_MAJOR, LEAT_ABI_MINOR, sizeof(leat_plugin), 0, nullptr};
    try {
        static const auto all = describe();
        plugin.count = static_cast<uint32_t>(all.size());
        plugin.descriptors = all.data();
    } catch (...) {  // NOLINT(bugprone-empty-catch): there is no host yet to tell
    }
    return plugin;
}

}  // namespace detail

template <class T>
const leat_descriptor* describe_stage(const char* name, const char* version, const char* summary) {
    static const leat_descriptor made = [&] {
        leat_descriptor d{};
        d.size = sizeof d;
        d.kind = LEAT_KIND_STAGE;
        d.name = name;
        d.version = version;
        d.summary = summary;
        d.flags = T::kFlags;
        d.options = option_table<T>().list();
        d.create_stage = &detail::create_stage<T>;
        return d;
    }();
    return &made;
}

template <class T>
const leat_descriptor* describe_backend(const char* name, const char* version, const char* summary) {
    static const leat_descriptor made = [&] {
        leat_descriptor d{};
        d.size = sizeof d;
        d.kind = LEAT_KIND_BACKEND;
        d.name = name;
        d.version = version;
        d.summary = summary;
        d.promise = T::kPromise;
        d.flags = T::kFlags;
        d.topic_separator = static_cast<unsigned char>(T::kSeparator);
        d.options = option_table<T>().list();
        if constexpr (!std::is_void_v<typename T::SourceOptions>) {
            d.source_options = option_table<typename T::SourceOptions>().list();
        }
        if constexpr (!std::is_void_v<typename T::SinkOptions>) {
            d.sink_options = option_table<typename T::SinkOptions>().list();
        }
        d.default_max_in_flight = T::kMaxInFlight;
        d.default_max_in_flight_bytes = T::kMaxInFlightBytes;
        d.create_backend = &detail::create_backend<T>;
        if constexpr (requires(const leat_check& c) { T::check(c); }) {
            d.check = [](const leat_check* c) { T::check(*c); };
        }
        if constexpr (requires(const leat_host& h, const leat_check& c) { T::probe(h, c); }) {
            d.probe = [](const leat_host* h, const leat_check* c) { T::probe(*h, *c); };
        }
        return d;
    }();
    return &made;
}

}  // namespace v1
}  // namespace leat

#define LEAT_PLUGIN(...)                                         \
    extern "C" LEAT_EXPORT const leat_plugin leat_plugin_entry = \
        leat::detail::describe_plugin([] { return std::array{__VA_ARGS__}; });
#define LEAT_STAGE(Type, name, version, summary) LEAT_PLUGIN(leat::describe_stage<Type>(name, version, summary))
#define LEAT_HANDLER(Type, name, version, summary) LEAT_STAGE(Type, name, version, summary)
#define LEAT_BACKEND(Type, name, version, summary) LEAT_PLUGIN(leat::describe_backend<Type>(name, version, summary))
