"""Kafka at either end."""

from __future__ import annotations

from typing import Any

from ..stage import LIMIT_S, PARTITIONS, Curve, Stage
from . import SHAPE, Sink, Source
from .records import compare


def backend(stage: Stage) -> dict[str, Any]:
    return {"plugin": "kafka", "brokers": stage.addresses["kafka"]}


class KafkaSource(Source):
    """A topic that is filled once; each run reads it with a group of its own."""

    broker = "kafka"

    def topics(self, path: str, tags: list[str]) -> list[str]:
        return [f"{path}-in"]

    def prepare(self, stage: Stage, path: str, count: int) -> None:
        stage.run("kafka_produce", "--brokers", stage.addresses["kafka"], "--topic", f"{path}-in", "--count", count,
                  "--headers", 0, "--record", stage.file(f"{path}.pub"), *SHAPE)

    def record(self, path: str, tag: str) -> str:
        return f"{path}.pub"

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--brokers", stage.addresses["kafka"], "--topic", f"{path}-in", "--group", tag]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topics": [f"{path}-in"], "group": tag}


class KafkaSink(Sink):
    """A topic for each run."""

    broker = "kafka"

    def __init__(self, key: str = "${key}") -> None:
        self.key = key

    def topics(self, path: str, tags: list[str]) -> list[str]:
        return tags

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--brokers", stage.addresses["kafka"], "--to", tag]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return backend(stage)

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"topic": tag, "key": self.key}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        curve = stage.watch("kafka_count", "--brokers", stage.addresses["kafka"], "--topic", tag, "--partitions",
                            PARTITIONS, "--until", count, "--limit", LIMIT_S, what=f"of {count}")
        return [point for point in curve if point[1] > 0]

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        stage.run("kafka_collect", "--brokers", stage.addresses["kafka"], "--topic", tag, "--record",
                  stage.file(f"{tag}.rec"), "--expect", count, "--idle", 60, "--key", 1, *SHAPE)
        return compare(stage, published, f"{tag}.rec")
