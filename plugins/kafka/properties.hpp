// librdkafka's settings: what Leat sets itself, what a user may add, and what is refused because it would break the
// promise.
//
//     Conf conf = consumer_conf(connection, options, "leat.telemetry");   // throws: the reason in words
//     rd_kafka_t* rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf.release(), ...);
//
// Any thread; nothing connects.
#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "options.hpp"

namespace kafka {

/// A configuration that frees itself, and refuses a wrong setting in words.
class Conf {
  public:
    Conf() : conf_(rd_kafka_conf_new(), rd_kafka_conf_destroy) {}
    /// Throws std::runtime_error with librdkafka's words.
    void set(const std::string& name, const std::string& value);
    /// A setting that is a number, as it is now.
    size_t number(const std::string& name);
    rd_kafka_conf_t* get() { return conf_.get(); }
    rd_kafka_conf_t* release() { return conf_.release(); }

  private:
    std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf_;
};

/// Why a property may not be set by hand; nullptr when it may.
const char* refusal(std::string_view name);

/// What a group consumer of ours is set to. secrets: see Secrets.
struct Secrets;
Conf consumer_conf(const Connection& connection, const SourceOptions& options, const std::string& group,
                   const Secrets& secrets);
/// largest_batch  bytes; batches are not made larger, whatever `properties` say
Conf producer_conf(const Connection& connection, const Secrets& secrets, size_t largest_batch = SIZE_MAX);
/// The connection alone, for probes.
Conf plain_conf(const Connection& connection, const Secrets& secrets);

/// Secrets as they are now.
struct Secrets {
    std::string password, key_password;
    /// Reads them again where they came from files. Throws std::runtime_error.
    static Secrets read(const Connection& connection, leat::Services services);
};

/// Throws std::runtime_error with librdkafka's words.
rd_kafka_t* make_client(rd_kafka_type_t type, Conf conf);

/// After a refused log-in: reads the password again and gives it to the client when it is another than `last`.
void renew_password(rd_kafka_t* client, const Connection& connection, leat::Services services, std::string& last);

/// Largest batch of records in one request, bytes (`batch.size`); a record above half of it travels alone.
inline constexpr size_t kBatchBytes = 1'000'000;

/// How far librdkafka fetches ahead of us, for each partition: by default, and as a configuration says.
struct Ahead {
    size_t messages = 16'000, bytes = 16u << 20;
    static Ahead of(Conf& conf);
};

}  // namespace kafka
