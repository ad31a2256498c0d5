"""What a path begins and ends with.

A source end fills a backlog and says how router and bare bridge read it; a sink end says how they write, watches what
has landed, and reads it back for the audit. `tag` names a run: topics, groups, queues and sessions are its own.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..stage import Curve, Stage

LANES = 64
SIZE = 100
SHAPE = ["--lanes", str(LANES), "--size", str(SIZE)]  # of the messages that the programs of tests/tools make and check


class Source(Protocol):
    broker: str | None  # the kind that is needed; none for what lives in the process

    def topics(self, path: str, tags: list[str]) -> list[str]:
        """Kafka topics to be there before the first run."""

    def prepare(self, stage: Stage, path: str, count: int) -> None:
        """Once, before the first run of a path."""

    def fill(self, stage: Stage, tag: str, count: int) -> None:
        """Makes the backlog of a run."""

    def record(self, path: str, tag: str) -> str:
        """The file that says what was published."""

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        """Words of the bare bridge."""

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]: ...

    def route(self, path: str, tag: str) -> dict[str, Any]:
        """The route's `from`."""


class Sink(Protocol):
    broker: str | None

    def topics(self, path: str, tags: list[str]) -> list[str]: ...

    def open(self, stage: Stage, tag: str) -> None:
        """Before the router or the bare bridge starts."""

    def bare(self, stage: Stage, path: str, tag: str) -> list[str]: ...

    def backend(self, stage: Stage, tag: str) -> dict[str, Any]: ...

    def route(self, path: str, tag: str) -> dict[str, Any]:
        """The route's `to`."""

    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        """The curve of what has landed, until all has."""

    def close(self, stage: Stage, tag: str) -> None:
        """After the run, failed or not."""

    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        """What is missing and what is out of order; raises Failure where something is."""
