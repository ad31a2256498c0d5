// The two ends of a pair: how a broker feeds a route, and how what landed in it is read back.
//
//   End& from = *ends.at("kafka");
//   from.create("p1");
//   Process publisher = from.publish(scene, "p1", 50'000);
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "integration/scene.hpp"
#include "support/process.hpp"

namespace leat::test {

/** A broker, started once for all pairs; each pair has topics of its own, named after it. [one thread] */
class End {
  public:
    End() = default;
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    virtual ~End() = default;

    /** Members of the configuration's objects, without braces. */
    virtual std::string backend() const = 0;
    virtual std::string from(const std::string& pair) const = 0;
    /** A template for the key of what comes from here. */
    virtual std::string key() const { return "${key}"; }
    virtual std::string to(const std::string& pair, const std::string& key) const = 0;

    virtual void create(const std::string& pair) = 0;
    /** The route is subscribed, so that nothing published from now on can be missed. */
    virtual bool is_subscribed(const std::string&) { return true; }
    /** The programs that publish ids 1 to count and read back what landed; they write `published` and `landed`. Who
     * reads back ends when nothing has come for kIdle seconds. */
    static constexpr const char* kIdle = "40";
    virtual Process publish(const Scene& scene, const std::string& pair, std::uint64_t count) = 0;
    virtual Process collect(const Scene& scene, const std::string& pair, std::uint64_t count) = 0;
};

/** All of them, by name, in the order of the table. */
std::map<std::string, std::unique_ptr<End>> make_ends();

}  // namespace leat::test
