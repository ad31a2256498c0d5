"""MQTT with QoS 0, between a broker and the memory of the process.

The broker keeps nothing back for QoS 0: messages are published while the router or the raw loop reads. They bear
numbers, which the reader checks itself; one that is missing, or out of order, shows in its report.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from typing import Any

from ..stage import LIMIT_S, Curve, Failure, Stage, end, wait_for
from . import SIZE, Sink, Source
from .mqtt import backend

TOLD = re.compile(r"received (\d+) in ([0-9.e+-]+) s")  # by bare_mqtt_receive


class Qos0Source(Source):
    """A subscription; HeardInMemory has it published to."""

    broker = "mosquitto"

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("mosquitto"), "--topic", f"{tag}/#", "--stay", "1"]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage, tag)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topics": [f"{tag}/#"], "qos": 0, "client_id": tag}


class HeardInMemory(Sink):
    """A topic in memory, and a route behind it that reads the numbers."""

    def __init__(self) -> None:
        self._count = 0

    def open(self, stage: Stage, tag: str, count: int) -> None:
        self._count = count

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--expect", str(self._count)]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return {"plugin": "memory"}

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topic": "heard"}

    def beside(self) -> dict[str, Any]:
        return {"backends": {"numbers": {"plugin": "console"}},
                "routes": {"read": {"from": {"backend": "out", "topics": ["heard"]},
                                    "to": {"backend": "numbers", "format": "measure"}}}}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        wait_for(lambda: is_ready(stage, tag), LIMIT_S, lambda: "the subscription")
        stage.run("bare_mqtt_publish", "--port", stage.port("mosquitto"), "--topic", f"{tag}/0", "--count", count,
                  "--size", SIZE)
        wait_for(lambda: heard(stage, tag)["received"] >= count, LIMIT_S, lambda: f"{count}, not {heard(stage, tag)}")
        seconds = heard(stage, tag)["seconds"]
        return [(0.0, 0), (seconds, count)]

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        seen = heard(stage, tag)
        return {"missing": count - int(seen["received"]), "out_of_order": int(seen["out_of_order"])}


def is_ready(stage: Stage, tag: str) -> bool:
    if pathlib.Path(stage.file(f"{tag}.status")).exists():
        return all(route["state"] == "running" for route in status(stage, tag).get("routes", [{"state": ""}]))
    return "subscribed" in stage.text(f"{tag}.log")


def status(stage: Stage, tag: str) -> dict[str, Any]:
    """The last whole line that the router has written."""
    lines = stage.text(f"{tag}.status").rsplit("\n", 2)
    found: dict[str, Any] = json.loads(lines[-2]) if len(lines) > 1 and lines[-2] else {}
    return found


def heard(stage: Stage, tag: str) -> dict[str, float]:
    """What the reader has told: received, out_of_order, seconds."""
    if not pathlib.Path(stage.file(f"{tag}.status")).exists():
        text = stage.text(f"{tag}.log")
        told = TOLD.search(text)
        return {"received": int(told[1]) if told else 0, "out_of_order": int("out of order" in text),
                "seconds": float(told[2]) if told else 0}
    values = {counter["name"]: counter["value"] for route in status(stage, tag).get("routes", [])
              if route["name"] == "read" for counter in route["counters"]}
    return {"received": values.get("received", 0) - values.get("repeated", 0),
            "out_of_order": values.get("out_of_order", 0),
            "seconds": (values.get("last_ns", 0) - values.get("first_ns", 0)) / 1e9}


class MadeInMemory(Source):
    """A topic in memory, and a route before it that fills it with numbered messages."""

    def __init__(self) -> None:
        self._count = 0

    def prepare(self, stage: Stage, path: str, count: int) -> None:
        self._count = count

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--count", str(self._count), "--size", str(SIZE), "--stay", "1"]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return {"plugin": "memory"}

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topics": ["made"]}

    def beside(self) -> dict[str, Any]:
        return {"backends": {"numbers": {"plugin": "generate"}},
                "routes": {"make": {"from": {"backend": "numbers", "kind": "stamped", "first": 0,
                                             "count": self._count, "size": SIZE},
                                    "to": {"backend": "in", "topic": "made"}}}}


class Qos0Sink(Sink):
    """Publishes to one raw subscriber, which checks the numbers."""

    broker = "mosquitto"

    def __init__(self) -> None:
        self._reader: subprocess.Popen[str] | None = None

    def open(self, stage: Stage, tag: str, count: int) -> None:
        self._reader = stage.start(f"{tag}.reader", "bare_mqtt_receive", "--port", stage.port("mosquitto"), "--topic",
                                   f"{tag}/#", "--expect", count)
        wait_for(lambda: "subscribed" in stage.text(f"{tag}.reader"), LIMIT_S, lambda: "the reader")

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("mosquitto"), "--topic", f"{tag}/0"]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage, tag)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topic": f"{tag}/0", "qos": 0}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        reader = self._reader
        if reader is None:
            raise Failure("no reader")
        wait_for(lambda: reader.poll() is not None, LIMIT_S, lambda: f"the reader of {count}")
        told = TOLD.search(stage.text(f"{tag}.reader"))
        if reader.returncode != 0 or not told or int(told[1]) != count:
            raise Failure(f"the reader: {stage.text(f'{tag}.reader')}")
        return [(0.0, 0), (float(told[2]), count)]

    def close(self, stage: Stage, tag: str) -> None:
        if self._reader and self._reader.poll() is None:
            end(self._reader)
        self._reader = None

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        return {"missing": 0, "out_of_order": 0}  # the reader has ended with code 0
