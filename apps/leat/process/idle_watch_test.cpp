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
    bool after(std::chrono::seconds time) {
        snapshot.time += time;
        return idle.is_over(snapshot);
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
    CHECK_FALSE(scene.after(1s));
    CHECK_FALSE(scene.after(9s));
    CHECK(scene.after(1s));
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
