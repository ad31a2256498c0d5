"""The format of results that `leat bench --with FILE` reads."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time
from typing import Any

Result = dict[str, Any]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    models = [line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": models[0] if models else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "memory": f"{memory / 1e9:.1f} GB",
            "kernel": f"{platform.system()} {platform.release()} {platform.machine()}", **brokers()}


def brokers() -> dict[str, str]:
    """Which brokers and clients are there, as far as that can be asked."""
    jars = pathlib.Path(os.environ.get("LEAT_KAFKA_LIB", "/nowhere")).glob("kafka_2*.jar")
    found = [f"Kafka {jar.stem.split('-')[1]}" for jar in jars]
    if shutil.which("dpkg-query"):
        for package in ("mosquitto", "rabbitmq-server", "librdkafka1", "librabbitmq4"):
            asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
            if asked.returncode == 0:
                found.append(f"{package} {asked.stdout.strip()}")
    return {"brokers and clients": ", ".join(found)} if found else {}


def figures(rounds: list[float]) -> Result:
    return {"rounds": rounds, "median": statistics.median(rounds), "min": min(rounds), "max": max(rounds)}


class Clock:
    """How long a program may begin something new. `at_most_s`: from the clock's making on; None: always."""

    def __init__(self, at_most_s: float | None) -> None:
        self._end = None if at_most_s is None else time.monotonic() + at_most_s

    def is_over(self, what: str) -> bool:
        """Tells what is left out."""
        if self._end is None or time.monotonic() < self._end:
            return False
        print(f"{what}: left out for want of time", flush=True)
        return True


def write(file: pathlib.Path, results: list[Result]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"format": 1, "machine": machine(), "results": results}, indent=2) + "\n")
