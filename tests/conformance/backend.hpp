// What the suite must know of a backend: how to start its broker, its options, and a client that shares no code with
// the plugin. A new backend is one file beside this one:
//
//   class Rabbit final : public TestedBackend { ... };
//   const Registered kRabbit("rabbitmq", [] { return std::make_unique<Rabbit>(); });
//
//   build/tests/conformance_suite --backend=rabbitmq
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/features.hpp"
#include "conformance/probe/sample.hpp"

namespace leat::test {

/** One that reads, as the configuration has it. */
struct Reader {
    std::string group;
    int member = 0;   ///< From 0, of those in its group.
    int members = 1;  ///< How many share the group.
};

/** With which right the plugin comes to the broker. */
enum class Access { right, wrong_password, wrong_certificate, by_password, by_certificate };

/** A backend with its broker, started once for all cases; each case has topics of its own. Throws std::runtime_error
 * when the broker or a client fails. [one thread] */
class TestedBackend {
  public:
    TestedBackend() = default;
    TestedBackend(const TestedBackend&) = delete;
    TestedBackend& operator=(const TestedBackend&) = delete;
    virtual ~TestedBackend() = default;

    virtual Features features() const = 0;
    virtual Envelope envelope() const { return {}; }
    virtual Bounds bounds() const { return {}; }

    // The configuration: members of a JSON object, without its braces.

    virtual std::string options(Access access) const = 0;
    /** Of a backend at the same broker for what may not stand beside the tested one; see Together. */
    virtual std::string options_beside(Access access) const { return options(access); }
    virtual std::string from(const std::vector<std::string>& topics, const Reader& reader) const = 0;
    virtual std::string to() const = 0;  ///< Lands in the topic that the message has.
    /** False: it has no such thing, and `options` with it must be refused as unknown. */
    virtual bool has_access(Access) const { return true; }
    /** The largest payload that lands; nothing: there is no limit. */
    virtual std::optional<std::size_t> payload_limit() const = 0;
    /** How many topics one run may use, at most 10,000. */
    virtual int many_topics() const { return 10'000; }

    // The broker, and a client of the test's own. A backend without a broker lives in the host: the rig itself
    // publishes and collects.

    virtual bool has_broker() const { return true; }
    /** Makes topics, and at the broker whatever keeps their messages for these groups. */
    virtual void create(const std::vector<std::string>& topics, const std::vector<Reader>& readers,
                        int partitions) = 0;
    virtual void stop_broker() {}
    virtual void start_broker() {}
    /** Publishes in order; returns when all are acknowledged. */
    virtual void publish(const std::vector<Sample>&) {}
    /** From now on keeps what comes to these topics, for collect(). */
    virtual void listen(const std::vector<std::string>& topics) = 0;
    /** Waits until so many have come to the topics of listen(), then returns what came, in order of each topic. */
    virtual std::vector<Sample> collect(std::size_t) { return {}; }
};

using MakeBackend = std::function<std::unique_ptr<TestedBackend>()>;

/** Puts a backend on the list that --backend=NAME chooses from. */
struct Registered {
    Registered(const std::string& name, MakeBackend make);
};

/** The backend under test; made, with its broker, at the first call. */
TestedBackend& backend();
/** Its name on the command line. */
const std::string& backend_name();

}  // namespace leat::test
