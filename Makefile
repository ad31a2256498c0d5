# A thin front door: every target is one script or one CMake command.
JOBS ?= $(shell nproc)

.PHONY: build demo test soak bench bench-quick bench-flames deps format clean

build: deps
	@cmake --preset release
	@cmake --build build -j $(JOBS)

demo:
	@KAFKA="$(KAFKA)" FAULT="$(FAULT)" scripts/demo.sh

test:
	@scripts/test.sh

soak:
	@scripts/soak.sh

bench:
	@scripts/deps.sh test
	@export LEAT_KAFKA_LIB=$$(scripts/fetch_kafka.sh) && $(MAKE) --no-print-directory build && exec tests/bench/bench.sh

bench-quick:
	@scripts/deps.sh test
	@export LEAT_KAFKA_LIB=$$(scripts/fetch_kafka.sh) && $(MAKE) --no-print-directory build && exec tests/bench/bench.sh --quick

bench-flames:
	@scripts/deps.sh test
	@export LEAT_KAFKA_LIB=$$(scripts/fetch_kafka.sh) && $(MAKE) --no-print-directory build && \
	  tests/bench/flame.py --out build/bench/flames

deps:
	@scripts/deps.sh

format:
	@git ls-files '*.hpp' '*.h' '*.cpp' '*.c' ':!core/include/leat/plugin.h' ':!tests/abi/1.0' | xargs clang-format -i

clean:
	@rm -rf build build-*
