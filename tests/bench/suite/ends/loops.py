"""Ends of loops against one broker: messages made, and messages thrown away, in the process."""

from __future__ import annotations

from typing import Any

from ..stage import Curve, Stage
from . import LANES, SIZE, Sink, Source
from .rabbitmq import RabbitSink, RabbitSource, depth


class MadeSource(Source):
    """Messages that the router or the bare loop makes itself."""

    def __init__(self) -> None:
        self._count = 0

    def prepare(self, stage: Stage, path: str, count: int) -> None:
        self._count = count

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--count", str(self._count), "--stay", "1", "--lanes", str(LANES), "--size", str(SIZE)]

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return {"plugin": "generate"}

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"count": self._count, "size": SIZE}


class CountedRabbitSink(RabbitSink):
    """For messages whose content is their maker's own: as many must be in the queue as were made."""

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("rabbitmq"), "--queue", tag]

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        return {"missing": count - depth(stage, tag, count, limit_s=10)[-1][1]}


class LoneRabbitSource(RabbitSource):
    """A queue that is read and thrown away."""

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return ["--port", stage.port("rabbitmq"), "--queue", tag]


class RabbitDrain(Sink):
    """Takes what a LoneRabbitSource reads and keeps nothing; the queue shows what has left it."""

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        return []

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]:
        return {"plugin": "console"}

    def route(self, path: str, tag: str) -> dict[str, Any]:
        return {"format": "null"}

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        """What the broker has sent; at most the prefetch of it is not acknowledged."""
        curve = depth(stage, tag, 0)
        begin = next((i for i, point in enumerate(curve) if point[1] < count), 0)
        return [(t, count - n) for t, n in curve[max(begin - 1, 0):]]

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        """All are acknowledged: nothing comes back after the end of the reader."""
        return {"missing": depth(stage, tag, 0, limit_s=10)[-1][1]}
