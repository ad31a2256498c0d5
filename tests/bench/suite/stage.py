"""Brokers, programs and files of one run of the suite."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Any

from .children import end_with_parent

Curve = list[tuple[float, int]]
KINDS = ("kafka", "mosquitto", "rabbitmq")
PARTITIONS = 4
WARM_UP = "warm-up"  # a topic of Kafka's
WARM_UP_MESSAGES = 500_000
LIMIT_S = 300  # for any program that publishes or collects

# Of RabbitMQ's Erlang machine: how many words of payloads the old heap of a process refers to before it is collected
# as a whole, 64 MiB instead of 0.35 MiB. By default that limit follows the payloads of the young heap, so that a queue
# with a backlog comes below it by chance, and then every second collection copies the whole backlog: 28 to 35 us of
# CPU for a message that is read, instead of 13 to 18, whoever reads.
RABBITMQ_WORDS = ["--erlang", "+hmbs 8388608"]


class Failure(Exception):
    """A run that gives no figure, and why."""


class Stage:
    """Private brokers on 127.0.0.1, the programs of a build, and a folder for records and logs."""

    def __init__(self, build: pathlib.Path, folder: str, warm_up: float = 1,
                 shared: pathlib.Path | None = None) -> None:
        """`warm_up`: how much of the usual warm-up Kafka gets; what is short needs less to be as good. `shared`: what
        brokers.py wrote; none is started then."""
        self.build, self.folder = build, pathlib.Path(folder)
        self._shared: dict[str, tuple[str, int]] = json.loads(shared.read_text()) if shared else {}
        self.warm_up_messages = int(min(warm_up, 1) * WARM_UP_MESSAGES)
        self.addresses: dict[str, str] = {}
        self.broker_pids: dict[str, int] = {}
        self._children: list[subprocess.Popen[str]] = []

    def start_broker(self, kind: str, topics: Iterable[str] = ()) -> None:
        """Starts a mosquitto, rabbitmq or kafka, or takes the one that is shared; the last gets these topics."""
        if kind in self._shared:
            self.addresses[kind], self.broker_pids[kind] = self._shared[kind]
            if topics:
                self.run("kafka_topics", "--brokers", self.addresses[kind], *topic_words(topics))
            return
        words = {"mosquitto": ["--persistence", "0"], "rabbitmq": RABBITMQ_WORDS,
                 "kafka": topic_words([*topics, WARM_UP])}[kind]
        command = [self.program("broker"), "--kind", kind, *words]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent)
        self._children.append(child)
        line = child.stdout.readline().split() if child.stdout else []
        if not line:
            raise Failure(f"no {kind}")
        self.addresses[kind], self.broker_pids[kind] = line[0], int(line[1])
        if kind == "kafka":
            self._warm_up_kafka()

    def _warm_up_kafka(self) -> None:
        """A new JVM needs a multiple of its later CPU until it has compiled what it does often."""
        words = ["--brokers", self.addresses["kafka"], "--topic", WARM_UP, "--lanes", 64, "--size", 100]
        self.run("kafka_produce", *words, "--count", self.warm_up_messages, "--headers", 0, "--record",
                 self.file("warm.pub"))
        self.run("kafka_collect", *words, "--expect", self.warm_up_messages, "--record", self.file("warm.rec"))

    def close(self) -> None:
        for child in self._children:
            end(child)

    def port(self, kind: str) -> str:
        return self.addresses[kind].split(":")[1]

    def broker_cpu(self, kind: str) -> float:
        """CPU seconds of a broker so far, those of ended threads too."""
        fields = pathlib.Path(f"/proc/{self.broker_pids[kind]}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def program(self, name: str) -> str:
        """A program of tests/tools or tests/bench, or the host."""
        for place in ("tests/tools", "tests/bench", "bin"):
            if (self.build / place / name).is_file():
                return str(self.build / place / name)
        raise Failure(f"{name} is not built")

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def text(self, name: str) -> str:
        return pathlib.Path(self.file(name)).read_text(errors="replace")

    def run(self, name: str, *words: Any, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [self.program(name), *map(str, words)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S + 60,
                                  preexec_fn=end_with_parent)
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"{name} has not ended after {LIMIT_S + 60} s") from expired
        if check and done.returncode != 0:
            raise Failure(f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def start(self, log: str, name: str, *words: Any, under: Iterable[str] = ()) -> subprocess.Popen[str]:
        """`under`: words of a program that runs it, such as perf."""
        with open(self.file(log), "w") as out:
            command = [*under, self.program(name), *map(str, words)]
            return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True,
                                    preexec_fn=end_with_parent)

    def watch(self, name: str, *words: Any, what: str) -> Curve:
        """Runs a program that prints `SECONDS COUNT` lines until its count is reached."""
        done = self.run(name, *words, check=False)
        curve = [(float(t), int(n)) for t, n in (line.split() for line in done.stdout.splitlines())]
        if done.returncode != 0:
            raise Failure(f"{what}: {curve[-1][1] if curve else 'nothing'} landed; {done.stderr[-500:]}")
        return curve


def topic_words(topics: Iterable[str]) -> list[str]:
    return [word for topic in topics for word in ("--topic", f"{topic}:{PARTITIONS}")]


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, and SIGKILL after half a minute."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], limit_s: float, what: Callable[[], str]) -> None:
    latest = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > latest:
            raise Failure(f"waited {limit_s} s for {what()}")
        time.sleep(0.005)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far: of each thread, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def peak_mb(pid: int) -> float:
    """The most memory that a process has had resident, in 10^6 bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
