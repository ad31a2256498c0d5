#!/usr/bin/env python3
"""Runs the micro-benchmarks, which need no broker, and gathers their results.

    tests/bench/micro.py [--build build] [--quick] [--json FILE]

Code 1 when one of the programs failed.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import micro, results  # noqa: E402
from suite.children import end_in_order, end_with_parent  # noqa: E402

GOOGLE = ["leat-bench-stages", "leat-bench-conditions"]
# Programs that write the format themselves: words, and words of the quick form.
OWN = {
    "leat-bench-memory": (["5000000", "3"], ["500000", "1"]),
    "leat-bench-crossing": (["10000", "9"], ["1000", "1"]),
    "leat-bench-held": (["2"], ["1"]),
    "leat-bench-middleware": (["200000", "3"], ["10000", "1"]),
}

# Why nothing stands beside a result, by the beginning of its id.
NO_CEILING = {
    "features/": "the difference to the same route without it is the figure",
    "conditions/": "what an `if` adds to a message; without it there is nothing to do",
    "memory/in-flight/": "beside a bare message: memory/in_flight",
    "memory/idle-topic": "beside a bare hash table: memory/topic",
    "memory/used-topic": "beside a bare hash table: memory/topic",
    "memory/start": "beside two bare threads: startup/host",
}


def find(build: pathlib.Path, name: str) -> pathlib.Path:
    for place in ("bin", "tests/bench"):
        if (build / place / name).is_file():
            return build / place / name
    raise FileNotFoundError(f"{name} is not built")


def run_own(program: pathlib.Path, words: list[str]) -> list[results.Result]:
    with tempfile.TemporaryDirectory(prefix="leat-micro-") as folder:
        out = pathlib.Path(folder) / "out.json"
        subprocess.run([str(program), "--json", str(out), *words], check=True, preexec_fn=end_with_parent)
        found: list[results.Result] = json.loads(out.read_text())["results"]
        return found


def timed(measure: Callable[[], list[results.Result]]) -> list[results.Result]:
    """A program tells only all of its results: each took its part of the whole."""
    began = time.monotonic()
    found = measure()
    for result in found:
        if "ceiling" not in result:
            why = next((why for begin, why in NO_CEILING.items() if result["id"].startswith(begin)), "")
            result |= {"no_ceiling": why} if why else {}
        result["took_s"] = (time.monotonic() - began) / len(found)
    return found


def print_table(found: list[results.Result]) -> None:
    for result in found:
        if "median" in result:
            ratio = f"  {result['ratio']:.2f} of the bare loop" if "ratio" in result else ""
            print(f"{result['median']:>10.1f} {result['unit']}  {result['title']}{ratio}")
        else:
            print(f"{'failed':>10}     {result['title']}: {result.get('failure', '')}")


def main() -> int:
    end_in_order()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--at-most", type=float, metavar="S", help="begin no further program after so many seconds")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the results")
    options = parser.parse_args()
    found: list[results.Result] = []
    clock = results.Clock(options.at_most)
    for name in GOOGLE:
        if clock.is_over(name):
            continue
        print(f"== {name}", flush=True)
        program = find(options.build, name)
        measured = timed(lambda: micro.run(program, 1 if options.quick else 3, 0.01 if options.quick else 0.2))
        print_table(measured)
        found += measured
    for name, (full, quick) in OWN.items():
        if clock.is_over(name):
            continue
        print(f"== {name}", flush=True)
        program = find(options.build, name)
        found += timed(lambda: run_own(program, quick if options.quick else full))
    if options.json:
        results.write(options.json, found)
    return 1 if any("median" not in result for result in found) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (FileNotFoundError, subprocess.CalledProcessError) as failure:
        sys.exit(f"micro.py: {failure}")
