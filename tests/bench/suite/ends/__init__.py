"""What a path begins and ends with.

A source end fills a backlog and says how router and bare bridge read it; a sink end says how they write, watches what
has landed, and reads it back for the audit. `tag` names a run: topics, groups, queues and sessions are its own.
"""

from __future__ import annotations

import abc
from typing import Any

from ..stage import Curve, Stage

LANES = 64
SIZE = 100
SHAPE = ["--lanes", str(LANES), "--size", str(SIZE)]  # of the messages that the programs of tests/tools make and check


class Source(abc.ABC):
    broker: str | None = None  # the kind that is needed; none for what lives in the process

    def topics(self, path: str, tags: list[str]) -> list[str]:
        """Kafka topics to be there before the first run."""
        return []

    def prepare(self, stage: Stage, path: str, count: int) -> None:
        """Once, before the first run of a path."""

    def fill(self, stage: Stage, tag: str, count: int) -> None:
        """Makes the backlog of a run."""

    def make_empty(self, stage: Stage, tag: str) -> None:
        """Makes what a run reads from, where the broker does not make it by itself."""

    def record(self, path: str, tag: str) -> str:
        """The file that says what was published."""
        return ""

    @abc.abstractmethod
    def bare(self, stage: Stage, path: str, tag: str) -> list[str]:
        """Words of the bare bridge."""

    @abc.abstractmethod
    def backend(self, stage: Stage, tag: str) -> dict[str, Any]: ...

    @abc.abstractmethod
    def route(self, path: str, tag: str) -> dict[str, Any]:
        """The route's `from`."""

    def beside(self) -> dict[str, Any]:
        """What else a configuration needs: `backends` and `routes`."""
        return {}


class Sink(abc.ABC):
    broker: str | None = None

    def topics(self, path: str, tags: list[str]) -> list[str]:
        return []

    def open(self, stage: Stage, tag: str, count: int) -> None:
        """Before the router or the bare bridge starts."""

    @abc.abstractmethod
    def bare(self, stage: Stage, path: str, tag: str) -> list[str]: ...

    @abc.abstractmethod
    def backend(self, stage: Stage, tag: str) -> dict[str, Any]: ...

    @abc.abstractmethod
    def route(self, path: str, tag: str) -> dict[str, Any]:
        """The route's `to`."""

    def beside(self) -> dict[str, Any]:
        return {}

    @abc.abstractmethod
    def landing(self, stage: Stage, path: str, tag: str, count: int) -> Curve:
        """The curve of what has landed, until all has."""

    def close(self, stage: Stage, tag: str) -> None:
        """After the run, failed or not."""

    @abc.abstractmethod
    def audit(self, stage: Stage, tag: str, count: int, published: str) -> dict[str, int]:
        """What is missing and what is out of order; may raise Failure instead."""
