#!/usr/bin/env python3
"""Runs `leat bench` on private brokers and merges what the other parts of the suite have found.

    tests/bench/report.py [--build build] [--quick] --out FOLDER     reads FOLDER/*.json; writes results.json, report.html

The quick form asks no broker.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite.stage import Failure, Stage  # noqa: E402

QUICK = ["--quick", "routes", "ack", "plugin_call", "startup"]
OPTIONS = {"kafka": "--kafka", "mosquitto": "--mqtt", "rabbitmq": "--rabbitmq"}  # by kind of broker


def bench_words(options: argparse.Namespace, stage: Stage) -> list[str]:
    own = options.build / "tests" / "bench"
    words = QUICK if options.quick else ["--rounds", "3", "--ceilings", str(own)]
    words = [*words, "--plugin-dir", str(own / "plugins")]  # stages that do nothing
    for kind, option in OPTIONS.items():
        words = [*words, option, stage.addresses.get(kind, "none")]
    if options.at_most is not None:
        words += ["--at-most", f"{options.at_most:.0f}"]
    for part in sorted(options.out.glob("*.json")):
        words += ["--with", str(part)]
    return words


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--at-most", type=float, metavar="S", help="begin no further case after so many seconds")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leat-report-") as folder:
        stage = Stage(options.build, folder, warm_up=0.5)
        try:
            for kind in OPTIONS if not options.quick else ():
                stage.start_broker(kind)
            words = bench_words(options, stage)
            return subprocess.run([stage.program("leat"), "bench", *words, "--json", str(options.out / "results.json"),
                                   "--html", str(options.out / "report.html")]).returncode
        finally:
            stage.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"report.py: {failure}")
