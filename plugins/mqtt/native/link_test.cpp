// What the link asks of the system: the addresses of a broker whose name has several, and the options of its socket.
// getaddrinfo and setsockopt of this program are those below: the one knows such names, the other counts.
#include <doctest/doctest.h>

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

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

// Of TCP's options, how often each has been set.
int no_delay_calls = 0;
int confirm_calls = 0;

}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* port,
                                                                  const addrinfo* hints, addrinfo** out) {
    const auto real = reinterpret_cast<LookUp>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool is_list = name != nullptr && std::string(name).find(',') != std::string::npos;
    if (!is_list) return real(name, port, hints, out);
    if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    return look_up_list(real, name, port, hints, out);
}

extern "C" __attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void* value,
                                                                 socklen_t size) noexcept {
    using SetOption = int (*)(int, int, int, const void*, socklen_t);
    static const auto real = reinterpret_cast<SetOption>(::dlsym(RTLD_NEXT, "setsockopt"));
    if (level == IPPROTO_TCP && name == TCP_NODELAY) ++no_delay_calls;
    if (level == IPPROTO_TCP && name == TCP_QUICKACK) ++confirm_calls;
    return real(fd, level, name, value, size);
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

TEST_CASE("what comes slowly is confirmed as it is read, for a broker that holds its next packet back until then") {
    constexpr int kMessages = 10;
    Mosquitto broker({.extra = kUnlimited});
    Rig rig(broker.port());
    no_delay_calls = 0;
    rig.start_sink();
    REQUIRE(rig.sink_is_up());
    CHECK(no_delay_calls == 1);
    confirm_calls = 0;
    for (int i = 0; i < kMessages; ++i) {  // each PUBACK is read alone
        rig.publish("t/a", numbered(1, 1));
        REQUIRE(rig.all_landed());
    }
    CHECK(confirm_calls == kMessages);
}
