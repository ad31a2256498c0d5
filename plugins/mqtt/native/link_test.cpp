// A broker whose name has several addresses. getaddrinfo of this program is the one below, which knows such names.
#include <doctest/doctest.h>

#include <dlfcn.h>
#include <netdb.h>

#include <string>
#include <vector>

#include "native/engine_rig.hpp"

using namespace leat::mqtt;
using namespace leat::mqtt::test;

namespace {

using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

// "127.0.0.2,127.0.0.1": the addresses of this name, in order.
int look_up_list(LookUp real, const std::string& list, const char* port, const addrinfo* hints, addrinfo** out) {
    const auto comma = list.find(',');
    const int status = real(list.substr(0, comma).c_str(), port, hints, out);
    if (status != 0 || comma == std::string::npos) return status;
    addrinfo* last = *out;
    while (last->ai_next != nullptr) last = last->ai_next;
    return look_up_list(real, list.substr(comma + 1), port, hints, &last->ai_next);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* port,
                                                                  const addrinfo* hints, addrinfo** out) {
    const auto real = reinterpret_cast<LookUp>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool is_list = name != nullptr && std::string(name).find(',') != std::string::npos;
    if (!is_list) return real(name, port, hints, out);
    if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    return look_up_list(real, name, port, hints, out);
}

TEST_CASE("where the first address refuses, the second is tried at once") {
    Mosquitto broker({.extra = kUnlimited});  // listens at 127.0.0.1 alone
    Rig rig(broker.port());
    rig.inlet.at_once = [](const auto&) { return LEAT_ACK; };
    rig.settings.host = "127.0.0.2,127.0.0.1";
    rig.start_source();
    REQUIRE(rig.source_is_up());
    CHECK(broker.logged("New client connected", "rig.source") == 1);
    CHECK(rig.host.last_reason("source").find("connected to 127.0.0.2,127.0.0.1:") == 0);
}

TEST_CASE("where every address refuses, the state says so, and a broker that comes up is found") {
    Mosquitto broker({.extra = kUnlimited});
    broker.stop();
    Rig rig(broker.port());
    rig.settings.host = "127.0.0.3,127.0.0.2,127.0.0.1";
    rig.start_source();
    REQUIRE(rig.host.run_until([&] { return rig.host.last_state("source") == LEAT_STATE_DOWN; }));
    CHECK(rig.host.last_reason("source").find("Connection refused") != std::string::npos);
    broker.start();
    REQUIRE(rig.source_is_up());
}
