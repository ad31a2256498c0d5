#include "producer/entries.hpp"

#include <doctest/doctest.h>

#include <set>

using kafka::Entries;
using kafka::Entry;

TEST_CASE("entries on their way are never the same one, and all of them are found") {
    Entries entries;
    std::set<Entry*> used;
    for (int i = 0; i < 1000; ++i) {
        Entry& entry = entries.add();
        entry.sequence = static_cast<uint32_t>(i);
        CHECK(used.insert(&entry).second);
    }
    for (auto at = used.begin(); at != used.end();) {  // every other one ends
        entries.remove(**at);
        at = used.erase(at);
        if (at != used.end()) ++at;
    }
    std::set<Entry*> seen;
    entries.for_each([&](Entry& entry) { seen.insert(&entry); });
    CHECK(seen == used);
    for (int i = 0; i < 500; ++i) CHECK(used.insert(&entries.add()).second);
}

TEST_CASE("an entry that has ended is used again before a new one is made") {
    Entries entries;
    Entry& first = entries.add();
    entries.remove(first);
    CHECK(&entries.add() == &first);
}
