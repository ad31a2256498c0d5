#include "test_rig.hpp"

using namespace leat::memory;

TEST_CASE("check warns of a topic that nobody reads, and says which sink feeds which source") {
    struct Use {
        leat_identity identity{};
        leat_value options[2]{};
        leat_value item{};
        leat_use use{};
        Use(uint32_t role, const char* path, std::string_view topic) {
            identity.role = role;
            item.type = LEAT_STRING;
            item.text = leat::bytes(topic);
            options[0].type = role == LEAT_ROLE_SOURCE ? LEAT_LIST : LEAT_TEMPLATE;
            options[0].count = 1;
            options[0].as.items = role == LEAT_ROLE_SOURCE ? &item : nullptr;
            options[0].text = leat::bytes(topic);
            use = {sizeof use, 0, &identity, options, path};
        }
    };
    const Use from(LEAT_ROLE_SOURCE, "/r/from", "a"), same(LEAT_ROLE_SINK, "/r/to", "a"),
        unread(LEAT_ROLE_SINK, "/s/to", "b"), computed(LEAT_ROLE_SINK, "/t/to", "${key}"),
        other(LEAT_ROLE_SINK, "/u/to", "a");
    const leat_use* uses[] = {&from.use, &same.use, &unread.use, &computed.use, &other.use};
    const leat_configured backend{sizeof backend, 5, "m", "/backends/m", nullptr, uses, nullptr};
    const leat_configured* backends[] = {&backend};
    static std::vector<std::string> found;
    found.clear();
    const leat_check check{sizeof check, 1, backends,
                           [](const leat_check*, uint32_t, const char* path, leat_bytes text) {
                               found.push_back(std::string(path) + ": " + std::string(leat::view(text)));
                           }};
    Backend::check(check);
    CHECK(found ==
          std::vector<std::string>{"/r/to: /r/from",
                                   "/s/to/topic: no route reads \"b\": when it is full, this route waits for ever",
                                   "/u/to: /r/from"});
}
