// The stage `circuit_breaker`: spares what keeps failing.
#include <leat/sdk/export.hpp>

#include "circuit_breaker.hpp"

LEAT_STAGE(leat::circuit_breaker::CircuitBreaker, "circuit_breaker", "0.1.0",
           "Lets nothing pass for a while when what is below keeps failing.")
