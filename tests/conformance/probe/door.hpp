// How the test program and the plugin `probe`, which the host loads into the same process, find each other.
//
//   Door& door = open_door();                 // the test program
//   door.set("c1.reader", &tap);              // before the host makes the stage { "plugin": "tap", "id": "c1.reader"
//   }
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "conformance/probe/feed.hpp"
#include "conformance/probe/tap.hpp"

namespace leat::test {

/** Taps and feeds by their ids. An id that is not there: the stage holds all, the source sends nothing. */
class Door {
  public:
    void set(const std::string& id, Tap* tap) {
        const std::lock_guard lock(mutex_);
        taps_[id] = tap;
    }
    void set(const std::string& id, Feed* feed) {
        const std::lock_guard lock(mutex_);
        feeds_[id] = feed;
    }
    Tap* tap(const std::string& id) {
        const std::lock_guard lock(mutex_);
        const auto it = taps_.find(id);
        return it != taps_.end() ? it->second : nullptr;
    }
    Feed* feed(const std::string& id) {
        const std::lock_guard lock(mutex_);
        const auto it = feeds_.find(id);
        return it != feeds_.end() ? it->second : nullptr;
    }
    void forget(const std::string& id) {
        const std::lock_guard lock(mutex_);
        taps_.erase(id);
        feeds_.erase(id);
    }

  private:
    std::mutex mutex_;
    std::map<std::string, Tap*> taps_;
    std::map<std::string, Feed*> feeds_;
};

/** The door of the plugin library in the folder of the tests' plugins. Throws std::runtime_error. */
Door& open_door();

}  // namespace leat::test
