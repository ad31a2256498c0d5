#!/usr/bin/env python3
"""Runs those parts of `leat bench` that need a broker, on private ones: publish, consume, ack, concurrency.

    tests/bench/each_broker.py [--build build] [--brokers FILE] [--only kafka,mqtt] [--rounds 3] --json FILE
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite.children import end_in_order, end_with_parent  # noqa: E402
from suite.stage import Failure, Stage  # noqa: E402

CATEGORIES = ("publish", "consume", "ack", "concurrency")
KINDS = {"kafka": "kafka", "mqtt": "mosquitto", "rabbitmq": "rabbitmq"}  # words of `leat bench`: broker that answers


def main() -> int:
    end_in_order()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--brokers", type=pathlib.Path, metavar="FILE", help="use those of brokers.py")
    parser.add_argument("--json", type=pathlib.Path, required=True)
    options = parser.parse_args()
    wanted = options.only.split(",")
    with tempfile.TemporaryDirectory(prefix="leat-each-broker-") as folder:
        stage = Stage(options.build, folder, 0.5, options.brokers)
        try:
            words = [f"{category}/{word}" for category in CATEGORIES for word in wanted]
            for word, kind in KINDS.items():
                if word in wanted:
                    stage.start_broker(kind)
                words += [f"--{word}", stage.addresses.get(kind, "none")]
            words += ["--rounds", str(options.rounds), "--ceilings", str(options.build / "tests" / "bench")]
            return subprocess.run([stage.program("leat"), "bench", *words, "--json", str(options.json)],
                                  preexec_fn=end_with_parent).returncode
        finally:
            stage.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"each_broker.py: {failure}")
