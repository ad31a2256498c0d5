#!/usr/bin/env python3
"""Runs those parts of `leat bench` that need no broker, and merges what the other parts of the suite have found.

    tests/bench/report.py [--build build] [--quick] --out FOLDER

It reads FOLDER/*.json and writes results.json and report.html there.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite.children import end_in_order, end_with_parent  # noqa: E402

FLAMES = "flames/index.html"  # of flame.py
QUICK = ["--quick", "routes", "ack", "plugin_call", "startup"]


def bench_words(options: argparse.Namespace) -> list[str]:
    words = QUICK if options.quick else ["--rounds", "3"]
    words = [*words, "--plugin-dir", str(options.build / "tests" / "bench" / "plugins")]  # stages that do nothing
    words += ["--kafka", "none", "--mqtt", "none", "--rabbitmq", "none"]
    if options.at_most is not None:
        words += ["--at-most", f"{options.at_most:.0f}"]
    if options.baseline:
        words += ["--baseline", str(options.baseline)]
    if (options.out / FLAMES).is_file():
        words += ["--flames", FLAMES]
    for part in sorted(options.out.glob("*.json")):
        words += ["--with", str(part)]
    return words


def main() -> int:
    end_in_order()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--at-most", type=float, metavar="S", help="begin no further case after so many seconds")
    parser.add_argument("--baseline", type=pathlib.Path, metavar="FILE", help="compare with an earlier results.json")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    return subprocess.run([str(options.build / "bin" / "leat"), "bench", *bench_words(options), "--json",
                           str(options.out / "results.json"), "--html", str(options.out / "report.html")],
                          preexec_fn=end_with_parent).returncode


if __name__ == "__main__":
    sys.exit(main())
