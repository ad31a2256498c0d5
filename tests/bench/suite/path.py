"""A source end and a sink end, and the router or the bare bridge between them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import time
from collections.abc import Iterable
from typing import Any

from .ends import SIZE, Sink, Source
from .stage import Curve, Failure, Stage, cpu_seconds, end, peak_mb

BARE, LEAT = "bare", "leat"


@dataclasses.dataclass
class Path:
    """One path of the suite.

    name      of the path; the bare bridge is the program bare_<name>, or bare_<bare>
    count     messages of a run
    goal      what is to be reached: ratio (to the bare bridge), cpu_us
    words     further ones for the bare bridge
    """

    name: str
    title: str
    source: Source
    sink: Sink
    count: int
    goal: dict[str, float]
    category: str = "routes"
    bare: str = ""
    words: tuple[str, ...] = ()

    def id(self) -> str:
        name = self.name.replace("_", "-").removesuffix(f"-{self.category}")
        return f"{self.category}/{name}/{SIZE}"

    def brokers(self) -> set[str]:
        return {kind for kind in (self.source.broker, self.sink.broker) if kind}

    def topics(self, tags: list[str]) -> list[str]:
        return self.source.topics(self.name, tags) + self.sink.topics(self.name, tags)


@dataclasses.dataclass
class Run:
    """What one run gave. `broker_us`: CPU of each broker for a message."""

    rate: float
    cpu_us: float
    peak_mb: float
    broker_us: dict[str, float]
    audit: dict[str, int]


def start_subject(stage: Stage, path: Path, subject: str, tag: str, more: list[str],
                  under: Iterable[str] = ()) -> subprocess.Popen[str]:
    """Starts the router or the bare bridge; `more`: further words for the latter; `under`: of what runs the former."""
    if subject == BARE:
        words = path.source.bare(stage, path.name, tag) + path.sink.bare(stage, path.name, tag)
        words += path.words
        return stage.start(f"{tag}.log", f"bare_{path.bare or path.name}", *words, *more)
    (stage.folder / f"{tag}.json").write_text(json.dumps(config_of(stage, path, tag), indent=2))
    return stage.start(f"{tag}.log", "leat", "run", stage.file(f"{tag}.json"), "--status-json",
                       stage.file(f"{tag}.status"), under=under)


def config_of(stage: Stage, path: Path, tag: str) -> dict[str, Any]:
    backends = {"in": path.source.backend(stage, tag), "out": path.sink.backend(stage, tag)}
    to = {"backend": "out", **path.sink.route(path.name, tag)}
    if path.source.broker and path.source.broker == path.sink.broker:  # one backend, as people write it
        backends.pop("out")
        to["backend"] = "in"
    routes = {"bridge": {"from": {"backend": "in", **path.source.route(path.name, tag)}, "to": to}}
    for beside in (path.source.beside(), path.sink.beside()):
        backends |= beside.get("backends", {})
        routes |= beside.get("routes", {})
    return {"backends": backends, "routes": routes}


def measure(stage: Stage, path: Path, subject: str, tag: str, more: list[str]) -> Run:
    """One run, on a backlog of its own, in a new process. Raises Failure."""
    path.source.fill(stage, tag, path.count)
    path.sink.open(stage, tag, path.count)
    before = broker_cpu(stage, path)
    started = time.monotonic()
    process = start_subject(stage, path, subject, tag, more)
    try:
        curve = path.sink.landing(stage, path.name, tag, path.count)
        cpu, peak = spent(process)
        after = broker_cpu(stage, path)
    except Failure as failure:
        raise Failure(f"{failure}\n{stage.text(f'{tag}.log')[-2000:]}") from failure
    finally:
        end(process)
        path.sink.close(stage, tag)
    audit = path.sink.audit(stage, tag, path.count, path.source.record(path.name, tag))
    if any(audit.values()):
        raise Failure(f"{audit}")
    each = {kind: (after[kind] - before[kind]) / path.count * 1e6 for kind in before}
    return Run(rate_of(curve, started), cpu / path.count * 1e6, peak, each, audit)


def spent(process: subprocess.Popen[str]) -> tuple[float, float]:
    """CPU seconds and peak memory of a process that still runs."""
    if process.poll() is not None:
        raise Failure(f"it has ended with code {process.returncode}")
    return cpu_seconds(process.pid), peak_mb(process.pid)


def broker_cpu(stage: Stage, path: Path) -> dict[str, float]:
    return {kind: stage.broker_cpu(kind) for kind in sorted(path.brokers())}


def rate_of(curve: Curve, started: float) -> float:
    """Messages a second from the first point to the last; of a run seen at one point only, from its start."""
    (begin, first), (finish, last) = curve[0], curve[-1]
    if len(curve) == 1:
        begin, first = started, 0
    return (last - first) / (finish - begin)

