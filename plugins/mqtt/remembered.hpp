// Which filters each client id has subscribed, so that one that leaves the configuration can be unsubscribed: the
// broker keeps it in the persistent session otherwise. Shared by all sources of a backend; kept in a file where one
// is configured.
//
//   auto before = remembered.of("gw7.telemetry.source.0");
//   remembered.set("gw7.telemetry.source.0", {"p7/#"});
//
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace leat::mqtt {

class Remembered {
  public:
    /// Uses the file, and reads it if it is there. Empty path: memory only. Returns what is wrong with the file, or
    /// "".
    std::string open(std::string path);

    [[nodiscard]] std::vector<std::string> of(const std::string& client_id) const;

    /// Replaces what is known of a client id, and writes the file if that is a change. Returns what went wrong, or
    /// "".
    std::string set(const std::string& client_id, std::vector<std::string> filters);

  private:
    std::string save() const;

    mutable std::mutex mutex_;
    std::string path_;
    std::map<std::string, std::vector<std::string>> filters_;
};

/// The file of a backend for which none is configured: in the folder that systemd gives a service for what it has to
/// remember (StateDirectory=, the first of STATE_DIRECTORY); elsewhere "", memory only.
[[nodiscard]] std::string default_session_file(const std::string& backend);

}  // namespace leat::mqtt
