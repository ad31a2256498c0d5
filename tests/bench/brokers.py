#!/usr/bin/env python3
"""Starts the brokers that all parts of the suite share, and serves until SIGTERM.

    tests/bench/brokers.py [--build build] [--warm-up 1] --file FILE

Writes FILE, which the parts get as --brokers FILE, and prints a line when all are up.

A Kafka that has been used for a while needs a fraction of the CPU of a new one: one for all parts is warm for most.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite.children import end_in_order  # noqa: E402
from suite.stage import KINDS, Failure, Stage  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--file", type=pathlib.Path, required=True)
    parser.add_argument("--warm-up", type=float, default=1, help="how much of the usual warm-up Kafka gets")
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="leat-brokers-") as folder:
        stage = Stage(options.build, folder, options.warm_up)
        try:
            for kind in KINDS:
                stage.start_broker(kind)
            options.file.write_text(json.dumps({k: [stage.addresses[k], stage.broker_pids[k]] for k in KINDS}))
            print("ready", flush=True)
            while True:
                signal.pause()
        finally:
            stage.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"brokers.py: {failure}")
