"""RabbitMQ at either end: durable queues, persistent messages."""

from __future__ import annotations

from typing import Any

from ..stage import LIMIT_S, Curve, Stage
from . import SHAPE, Sink, Source
from .records import compare


def backend(stage: Stage) -> dict[str, Any]:
    return {"plugin": "rabbitmq", "url": f"amqp://{stage.addresses['rabbitmq']}"}


def depth(stage: Stage, queue: str, until: int, limit_s: int = LIMIT_S) -> Curve:
    """The curve of a queue's ready messages until there are so many; declares it."""
    return stage.watch("rabbitmq_depth", "--port", stage.port("rabbitmq"), "--queue", queue, "--until", until,
                       "--limit", limit_s, what=f"{until} wanted in {queue}")


class RabbitSource(Source):
    """A queue with a backlog."""

    broker = "rabbitmq"

    def fill(self, stage: Stage, tag: str, count: int) -> None:
        stage.run("bare_rabbitmq_publish", "--port", stage.port("rabbitmq"), "--queue", tag, "--count", count,
                  "--keys", 1, "--record", stage.file(f"{tag}.pub"), *SHAPE)

    def make_empty(self, stage: Stage, tag: str) -> None:
        depth(stage, tag, 0)

    def record(self, path: str, tag: str) -> str:
        return f"{tag}.pub"

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--amqp-port", stage.port("rabbitmq"), "--queue", tag]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"queue": tag}


class RabbitSink(Sink):
    """A queue for each run. `keys`: whether messages have some to be checked. `suffix`: behind the queue's name, where
    it is read from RabbitMQ, too."""

    broker = "rabbitmq"

    def __init__(self, keys: bool = True, suffix: str = "") -> None:
        self._keys, self._suffix = keys, suffix

    def open(self, stage: Stage, tag: str, count: int) -> None:
        depth(stage, tag + self._suffix, 0)

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--amqp-port", stage.port("rabbitmq"), "--to" if self._suffix else "--queue", tag + self._suffix]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"routing_key": tag + self._suffix}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        return [point for point in depth(stage, tag + self._suffix, count) if point[1] > 0]

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        stage.run("bare_rabbitmq_consume", "--port", stage.port("rabbitmq"), "--queue", tag + self._suffix, "--expect",
                  count, "--keys", int(self._keys), "--record", stage.file(f"{tag}.rec"), *SHAPE)
        return compare(stage, published, f"{tag}.rec")
