"""MQTT at either end, QoS 1, on Mosquitto."""

from __future__ import annotations

import os
import subprocess
import time
from typing import Any

from ..stage import LIMIT_S, PARTITIONS, Curve, Failure, Stage, end, wait_for
from . import SHAPE, Sink, Source
from .records import RECORD_BYTES, compare


def backend(stage: Stage, tag: str) -> dict[str, Any]:
    return {"plugin": "mqtt", "url": f"mqtt://{stage.addresses['mosquitto']}", "client_id": f"{tag}-gateway"}


class MqttSource(Source):
    """A session with a backlog, made before the run, which the router or the bare bridge takes over."""

    broker = "mosquitto"

    def fill(self, stage: Stage, tag: str, count: int) -> None:
        port = stage.port("mosquitto")
        session = stage.start(f"{tag}.session", "mqtt_collect", "--port", port, "--client-id", tag, "--topic",
                              f"{tag}/#", "--record", stage.file(f"{tag}.none"))
        try:
            wait_for(lambda: "subscribed" in stage.text(f"{tag}.session"), LIMIT_S, lambda: "the session")
        finally:
            end(session)
        stage.run("mqtt_publish", "--port", port, "--prefix", tag, "--count", count, "--headers", 0, "--record",
                  stage.file(f"{tag}.pub"), *SHAPE)

    def record(self, path: str, tag: str) -> str:
        return f"{tag}.pub"

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("mosquitto"), "--client-id", tag, "--filter", f"{tag}/#"]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage, tag)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topics": [f"{tag}/#"], "qos": 1, "client_id": tag}


class MqttSink(Sink):
    """One subscriber, whose arrivals are the landing. `key`: the last level of topics. `suffix`: behind their first,
    where messages are read from MQTT, too."""

    broker = "mosquitto"

    def __init__(self, key: str = "${key}", suffix: str = "") -> None:
        self._key, self._suffix = key, suffix
        self._collector: subprocess.Popen[str] | None = None

    def open(self, stage: Stage, tag: str, count: int) -> None:
        self._collector = stage.start(f"{tag}.collect", "mqtt_collect", "--port", stage.port("mosquitto"),
                                      "--client-id", f"{tag}-collector", "--topic", f"{tag}{self._suffix}/#",
                                      "--key", 1, "--record", stage.file(f"{tag}.rec"), *SHAPE)
        wait_for(lambda: "subscribed" in stage.text(f"{tag}.collect"), LIMIT_S, lambda: "the subscriber")

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("mosquitto"), "--prefix", tag + self._suffix]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage, tag)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topic": f"{tag}{self._suffix}/{self._key}", "qos": 1}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        curve: Curve = []
        name = stage.file(f"{tag}.rec")

        def landed() -> bool:
            records = os.path.getsize(name) // RECORD_BYTES if os.path.exists(name) else 0
            if records and (not curve or records != curve[-1][1]):
                curve.append((time.monotonic(), records))
            return records >= count

        wait_for(landed, LIMIT_S, lambda: f"{count} messages; {curve[-1][1] if curve else 'none'} landed")
        return curve

    def close(self, stage: Stage, tag: str) -> None:
        if self._collector:
            end(self._collector)
        self._collector = None

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        return compare(stage, published, f"{tag}.rec")


class UnheardMqttSink(MqttSink):
    """Nobody subscribes. What the broker has confirmed shows in what the Kafka source commits."""

    def open(self, stage: Stage, tag: str, count: int) -> None:
        pass

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        curve = stage.watch("kafka_committed", "--brokers", stage.addresses["kafka"], "--topic", f"{path}-in",
                            "--group", tag, "--partitions", PARTITIONS, "--until", count, "--limit", 120,
                            what=f"of {count}")
        if len(curve) < 4:
            raise Failure(f"only {len(curve)} commits: more messages are needed for a rate")
        return curve[:-1]  # the last commit waits for its interval, not for a message

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        return {"missing": 0}  # all were confirmed, or landing() had failed; nobody has seen their order
