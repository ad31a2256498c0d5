#include "process/idle_watch.hpp"

#include <doctest/doctest.h>

using namespace leat;
using namespace std::chrono_literals;

namespace {

struct Scene {
    Snapshot snapshot;
    app::IdleWatch idle{10s};

    Scene() {
        snapshot.routes.resize(2);
        for (RouteView& route : snapshot.routes) route.state = "running";
    }
    RouteView& route() { return snapshot.routes[1]; }
    /** Looks now, and every 200 ms of this time; what the last look says. */
    bool after(std::chrono::milliseconds time) {
        bool is_over = idle.is_over(snapshot);
        for (; time > 0ms; time -= 200ms) {
            snapshot.time += 200ms;
            is_over = idle.is_over(snapshot);
        }
        return is_over;
    }
};

}  // namespace

TEST_CASE("idle is over when nothing was received for the whole limit") {
    Scene scene;
    CHECK_FALSE(scene.after(0s));
    CHECK_FALSE(scene.after(9s));
    CHECK(scene.after(1s));
}

TEST_CASE("a message begins the time anew") {
    Scene scene;
    CHECK_FALSE(scene.after(0s));
    scene.route().ledger.received = 1;
    CHECK_FALSE(scene.after(9s));
    scene.route().ledger.received = 2;
    CHECK_FALSE(scene.after(9s));
    CHECK(scene.after(2s));
}

TEST_CASE("nothing is idle while a message is in flight") {
    Scene scene;
    scene.route().ledger.received = scene.route().ledger.in_flight = 1;
    CHECK_FALSE(scene.after(0s));
    CHECK_FALSE(scene.after(60s));
    scene.route().ledger.in_flight = 0;
    CHECK_FALSE(scene.after(1s));
    CHECK(scene.after(10s));
}

TEST_CASE("a route that waits for its broker is not idle, one that has failed does not count") {
    Scene scene;
    scene.route().state = "waiting";
    CHECK_FALSE(scene.after(0s));
    CHECK_FALSE(scene.after(60s));
    scene.route().state = "failed";
    CHECK_FALSE(scene.after(1s));
    CHECK(scene.after(10s));
}

TEST_CASE("time in which the whole machine stood still is not quiet") {
    Scene scene;
    CHECK_FALSE(scene.after(0s));
    scene.snapshot.time += 1h;
    CHECK_FALSE(scene.after(0s));
    CHECK_FALSE(scene.after(9s));
    CHECK(scene.after(1s));
}
