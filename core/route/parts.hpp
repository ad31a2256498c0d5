// What the sinks of a backend share on one shard: made before the first of them, stopped after the last.
//
// On the shard.
#pragma once
#include "runtime/instance.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace leat::route {

class Parts {
  public:
    /// Makes the instance of a part, or nullptr with the reason.
    using Make = std::function<std::unique_ptr<leat_instance>(std::string& error)>;

    /// The part of a backend, started; one more sink uses it. nullptr: it could not be made, `error` says why.
    leat_instance* use(const std::string& backend, const Make& make, std::string& error);
    /// One sink less. When it was the last, the part is stopped; then `done` is called, in a turn of its own. A part
    /// that does not stop in 10 s is leaked, never freed under its feet: done(false).
    void release(const std::string& backend, std::function<void(bool stopped)> done);
    /// The running part of a backend, or nullptr.
    leat_instance* find(const std::string& backend) const;
    /// Told whenever the state of a backend's part changes.
    void watch(const std::string& backend, const void* who, std::function<void(leat_instance&)> on_state);
    void unwatch(const std::string& backend, const void* who);

  private:
    struct Part {
        std::unique_ptr<leat_instance> instance;
        size_t users = 0;
        std::map<const void*, std::function<void(leat_instance&)>> watchers;
    };
    std::map<std::string, std::shared_ptr<Part>> parts_;
};

}  // namespace leat::route
