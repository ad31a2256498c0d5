// A case of the suite: a test case with the backend at hand.
//
//   CONFORMANCE_CASE("what is published arrives, each once") {
//       Rig rig(backend);
//       ...
//   }
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "conformance/rig.hpp"

namespace leat::test {

/** Tells the table that this case has asserted a feature's absence: what is missing, in words. */
void absent(const std::string& what);

}  // namespace leat::test

#define CONFORMANCE_CASE(name) CONFORMANCE_CASE_NAMED(DOCTEST_ANONYMOUS(conformance_case_), name)
#define CONFORMANCE_CASE_NAMED(function, name)                \
    static void function(leat::test::TestedBackend& backend); \
    TEST_CASE(name) { function(leat::test::backend()); }      \
    static void function([[maybe_unused]] leat::test::TestedBackend& backend)
