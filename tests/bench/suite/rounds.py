"""Paths measured by turns: options, rounds, the table."""

from __future__ import annotations

import argparse
import math
import pathlib
import statistics
import tempfile
import time
from collections.abc import Sequence

from . import results
from .children import end_in_order
from .ends import SIZE
from .path import BARE, LEAT, Path, Run, measure
from .stage import Failure, Stage

MOST_WARM = 4  # runs of a path that do not count
STEADY = 0.9  # of the CPU of the run before: what falls by less no longer falls

Runs = dict[str, dict[str, list[Run]]]  # by path and subject


def parse(description: str | None, paths: Sequence[Path]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[3]
    names = ",".join(path.name for path in paths)
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=names, help=f"of {names}")
    parser.add_argument("--subjects", default=f"{BARE},{LEAT}")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of messages")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="librdkafka producer setting of the bare bridges")
    parser.add_argument("--in-flight", type=int, help="limit of the bare bridges, instead of their own")
    parser.add_argument("--at-most", type=float, metavar="S", help="begin no further path after so many seconds")
    parser.add_argument("--brokers", type=pathlib.Path, metavar="FILE", help="use those of brokers.py")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the results")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - {path.name for path in paths}
    if unknown:
        parser.error(f"--only: {', '.join(sorted(unknown))} is none of {names}")
    return options


def main(description: str | None, paths: Sequence[Path]) -> int:
    """Code 1 when a run gave no rate; a missed goal is shown, it fails nothing."""
    end_in_order()
    options = parse(description, paths)
    chosen = [path for path in paths if path.name in options.only.split(",")]
    for path in chosen:
        path.count = int(path.count * options.scale)
    runs, failures, took_s = measure_all(options, chosen)
    chosen = [path for path in chosen if path.name in took_s]
    print_table(chosen, runs)
    if options.json:
        results.write(options.json, [{**result_of(path, runs[path.name], failures.get(path.name)),
                                      "took_s": took_s[path.name]} for path in chosen])
    for name, why in failures.items():
        print(f"{name}: no rate: {why}")
    return 1 if failures else 0


def measure_all(options: argparse.Namespace, paths: Sequence[Path]) -> tuple[Runs, dict[str, str], dict[str, float]]:
    """Runs, why a path has no rate, and how long each took that was begun."""
    clock = results.Clock(options.at_most)
    subjects = options.subjects.split(",")
    took_s: dict[str, float] = {}
    runs: Runs = {path.name: {subject: [] for subject in subjects} for path in paths}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="leat-bench-") as folder:
        stage = Stage(options.build, folder, 2 * options.scale, options.brokers)
        try:
            start_brokers(stage, paths, subjects, options.rounds + MOST_WARM)
            for path in paths:
                print(f"{path.name}: {path.count} messages of {SIZE} bytes, {options.rounds} rounds", flush=True)
                if clock.is_over(path.name):
                    continue
                began = time.monotonic()
                path.source.prepare(stage, path.name, path.count)
                warm_up(stage, path, subjects, options)
                for number in range(options.rounds):
                    for subject in turn(subjects, number):
                        run_one(stage, path, subject, number, options, runs, failures)
                print_settings(stage, path)
                took_s[path.name] = time.monotonic() - began
        finally:
            stage.close()
    return runs, failures, took_s


def start_brokers(stage: Stage, paths: Sequence[Path], subjects: list[str], rounds: int) -> None:
    topics = [topic for path in paths for topic in
              path.topics([tag_of(path, subject, i) for subject in subjects for i in range(rounds)])]
    for kind in sorted({kind for path in paths for kind in path.brokers()}):
        stage.start_broker(kind, topics if kind == "kafka" else ())


def warm_up(stage: Stage, path: Path, subjects: list[str], options: argparse.Namespace) -> None:
    """Runs that do not count, until Kafka's CPU for a message no longer falls: its JVM compiles what a path asks of it
    when that has been asked often. They fail where the rounds would, and the rounds tell it."""
    if "kafka" not in path.brokers() or options.rounds == 1:
        return
    seen: list[float] = []
    for i in range(MOST_WARM):
        subject, number = subjects[i % len(subjects)], options.rounds + i
        try:
            run = measure(stage, path, subject, tag_of(path, subject, number), words_of(options))
        except Failure:
            break
        seen.append(run.broker_us["kafka"])
        if i >= len(subjects) and seen[i] > STEADY * seen[i - len(subjects)]:  # of the same subject
            break
    print("  warm   " + ", ".join(f"{us:.2f}" for us in seen) + " us of Kafka's", flush=True)


def words_of(options: argparse.Namespace) -> list[str]:
    """Of the bare bridges."""
    more = [word for setting in options.set for word in ("--set", setting)]
    return more + (["--in-flight", str(options.in_flight)] if options.in_flight else [])


def turn(subjects: list[str], number: int) -> list[str]:
    """Each round in the other order, so that neither is always the one behind."""
    return subjects if number % 2 == 0 else subjects[::-1]


def tag_of(path: Path, subject: str, number: int) -> str:
    return f"{path.name}-{subject}-{number}"


def run_one(stage: Stage, path: Path, subject: str, number: int, options: argparse.Namespace, runs: Runs,
            failures: dict[str, str]) -> None:
    try:
        run = measure(stage, path, subject, tag_of(path, subject, number), words_of(options))
    except Failure as failure:
        failures[path.name] = f"{subject}: {failure}"
        print(f"  {subject:<5} no rate: {failure}", flush=True)
        return
    runs[path.name][subject].append(run)
    brokers = "  ".join(f"{kind} {us:.2f} us" for kind, us in run.broker_us.items())
    print(f"  {subject:<5} {run.rate:>10,.0f}/s  {run.cpu_us:.2f} us  {run.peak_mb:.0f} MB  {brokers}", flush=True)


def print_settings(stage: Stage, path: Path) -> None:
    for log in sorted(stage.folder.glob(f"{path.name}-{BARE}-*.log"))[:1]:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("settings:"):
                print(f"  {line}")


def middle(runs: list[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs) if runs else math.nan


def print_table(paths: Sequence[Path], runs: Runs) -> None:
    print(f"{'path':<17} {'of':<5} {'messages/s':>11} {'CPU us each':>12} {'peak MB':>8} {'ratio':>6}  rounds")
    for path in paths:
        subjects = runs[path.name]
        ceiling = middle(subjects.get(BARE, []), "rate")
        for subject, measured in subjects.items():
            if not measured:
                continue
            ratio, cpu = middle(measured, "rate") / ceiling, middle(measured, "cpu_us")
            pairs = ratios_of(subjects) if subject == LEAT else []
            ratio = statistics.median(pairs) if pairs else ratio
            print(f"{path.name:<17} {subject:<5} {middle(measured, 'rate'):>11,.0f} {cpu:>12.2f} "
                  f"{middle(measured, 'peak_mb'):>8.0f} {ratio:>6.2f}  "
                  + " ".join(f"{run.rate:,.0f}" for run in measured)
                  + (f"  ratios {min(pairs):.2f} to {max(pairs):.2f}" if len(pairs) > 1 else "")
                  + (missed(path, ratio, cpu) if subject == LEAT else ""))


def ratios_of(subjects: dict[str, list[Run]]) -> list[float]:
    """Of each round, whose two runs were neighbours; none where a run has failed."""
    runs, bare = subjects.get(LEAT, []), subjects.get(BARE, [])
    return [ours.rate / theirs.rate for ours, theirs in zip(runs, bare)] if len(runs) == len(bare) else []


def missed(path: Path, ratio: float, cpu_us: float) -> str:
    """Which goals were not reached, for the table."""
    words = []
    if ratio < path.goal.get("ratio", 0):
        words.append(f"ratio below {path.goal['ratio']}")
    if cpu_us > path.goal.get("cpu_us", math.inf):
        words.append(f"more than {path.goal['cpu_us']} us")
    return "  (" + ", ".join(words) + ")" if words else ""


def result_of(path: Path, subjects: dict[str, list[Run]], failure: str | None) -> results.Result:
    """One result in the format of `leat bench`; without a rate when any run failed."""
    result: results.Result = {"id": path.id(), "category": path.category, "title": f"{path.title}, {SIZE} B",
                              "unit": "msg/s", "better": "higher", "goal": path.goal}
    runs, bare = subjects.get(LEAT, []), subjects.get(BARE, [])
    if failure or not runs:
        return {**result, "failure": (failure or "nothing was measured").splitlines()[0]}
    result |= results.figures([run.rate for run in runs])
    result |= {"cpu_us": middle(runs, "cpu_us"), "peak_mb": middle(runs, "peak_mb"), "audit": runs[0].audit}
    brokers = {kind: statistics.median(run.broker_us[kind] for run in runs) for kind in runs[0].broker_us}
    result["note"] = "CPU of brokers: " + ", ".join(f"{kind} {us:.2f} us" for kind, us in brokers.items())
    if bare:
        result["ceiling"] = {"title": "bare bridge" if path.category == "routes" else "bare loop",
                             **results.figures([run.rate for run in bare]), "cpu_us": middle(bare, "cpu_us"),
                             "peak_mb": middle(bare, "peak_mb")}
        result["ratios"] = ratios_of(subjects)
        result["ratio"] = statistics.median(result["ratios"])
    return result
