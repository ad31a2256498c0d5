// A backend makes sources and sinks; one object for each configured backend, shared by its users.
//
//     struct Mine : leat::Backend {
//         using SourceOptions = MySourceOptions;   // structs with static options(); void: has no sources / sinks
//         using SinkOptions = MySinkOptions;
//         std::string url;
//         static auto options() { return leat::options(...); }
//         std::unique_ptr<leat::Source> source(const leat::Setup&, const SourceOptions&);
//         std::unique_ptr<leat::Sink> sink(const leat::Setup&, leat::Part*, const SinkOptions&);
//         std::unique_ptr<leat::Part> part(const leat::Setup&);              // optional
//         static void check(const leat_check&);                              // optional, see plugin.h
//         static void probe(const leat_host&, const leat_check&);            // optional
//         static constexpr const char* kPromise = "...";                     // optional, and:
//         static constexpr uint32_t kFlags = 0; static constexpr char kSeparator = '.';
//         static constexpr uint64_t kMaxInFlight = 1024, kMaxInFlightBytes = 16 << 20;
//     };
//     LEAT_BACKEND(Mine, "mine", "1.0.0", "Reads and writes mine.")
//
// source(), sink() and part() are called on shards, possibly several at once: what they share must be thread-safe.
// They may throw: the reason is shown and the route does not start.
#pragma once
#include <leat/sdk/options.hpp>
#include <leat/sdk/sink.hpp>
#include <leat/sdk/source.hpp>

#include <memory>

namespace leat {
inline namespace v1 {

class Backend {
  public:
    using SourceOptions = void;
    using SinkOptions = void;
    static constexpr const char* kPromise = nullptr;
    static constexpr uint32_t kFlags = 0;
    static constexpr char kSeparator = '.';
    static constexpr uint64_t kMaxInFlight = 4096;
    static constexpr uint64_t kMaxInFlightBytes = 32u << 20;

    Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    /// After options are bound. May throw: the reason is shown.
    virtual void open() {}
    void attach(const Setup& setup) { setup_ = setup; }
    const Services& services() const { return setup_.services; }  ///< log and reread only: any thread
    const leat_identity& identity() const { return *setup_.identity; }

  private:
    Setup setup_;
};

/// Reads a use's options into a struct, for check and probe.
template <class T>
T read_options(const leat_value* values, const leat_host* host = nullptr) {
    T object{};
    option_table<T>().bind(&object, values, host);
    return object;
}

}  // namespace v1
}  // namespace leat
