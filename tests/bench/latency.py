#!/usr/bin/env python3
"""Measures how long messages take through the router, one way at a steady rate, with its default settings.

    tests/bench/latency.py [--rounds 3] [--rate 500] [--seconds 10] [--only mqtt_kafka,...] [--json FILE]

A probe sends 100-byte messages at fixed moments (open loop) and reads them from the other broker with a bare client;
latency counts from the moment at which a message was to be sent. Router and bare bridge alternate on the same private
brokers; the bare bridge has the router's settings of Kafka's producer. A Kafka gets messages one by one first, at a
multiple of the rate and past both, so that its JVM has compiled what each message of the rounds asks of it. Every
message must arrive, in order, or there is no figure.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import results  # noqa: E402
from suite.children import end_in_order  # noqa: E402
from suite.ends import LANES, SIZE  # noqa: E402
from suite.ends.kafka import KafkaSink, KafkaSource  # noqa: E402
from suite.ends.mqtt import MqttSink, MqttSource  # noqa: E402
from suite.ends.rabbitmq import RabbitSink, RabbitSource  # noqa: E402
from suite.path import BARE, LEAT, Path, spent, start_subject  # noqa: E402
from suite.rounds import turn  # noqa: E402
from suite.stage import PARTITIONS, Failure, Stage, end  # noqa: E402

# The router's settings of librdkafka: a bare bridge with those of its rates would wait for each 5 ms of linger.ms.
PRODUCER = ["--set", "linger.ms=0", "--set", "max.in.flight.requests.per.connection=1"]
WARM_UP = "delay-warm-up"  # a topic of Kafka's
WARM_UP_RATE, WARM_UP_S = 2_000, 6
PERCENTILES = ("p50", "p90", "p99", "p999", "max")
PATHS = [
    Path("mqtt_kafka", "MQTT QoS 1 -> Kafka", MqttSource(), KafkaSink(key="${topic[1]}"), 0,
         {"p50_us": 600, "p99_us": 3000}),
    Path("kafka_mqtt", "Kafka -> MQTT QoS 1", KafkaSource(), MqttSink(), 0, {}),
    Path("rabbitmq_kafka", "RabbitMQ -> Kafka", RabbitSource(), KafkaSink(), 0, {}),
    Path("kafka_rabbitmq", "Kafka -> RabbitMQ", KafkaSource(), RabbitSink(), 0, {}),
]


@dataclasses.dataclass
class Run:
    latency_us: dict[str, float]
    sent_late_us: dict[str, float]
    cpu_us: float
    peak_mb: float


Runs = dict[str, list[Run]]  # by subject


def measure(stage: Stage, path: Path, subject: str, number: int, options: argparse.Namespace) -> Run:
    tag = tag_of(path, subject, number)
    own = dataclasses.replace(path, name=tag, bare=path.name)  # each run has its topics for itself
    path.source.make_empty(stage, tag)
    process = start_subject(stage, own, subject, tag, PRODUCER if path.sink.broker == "kafka" else [])
    try:
        seen = json.loads(probe(stage, path, tag, options))
        cpu, peak = spent(process)
    except Failure as failure:
        raise Failure(f"{failure}\n{stage.text(f'{tag}.log')[-2000:]}") from failure
    finally:
        end(process)
    if seen["missing"] or seen["out_of_order"]:
        raise Failure(f"missing {seen['missing']}, out of order {seen['out_of_order']}")
    return Run(seen["latency_us"], seen["sent_late_us"], cpu / seen["sent"] * 1e6, peak)


def probe(stage: Stage, path: Path, tag: str, options: argparse.Namespace) -> str:
    source, sink = (kind.replace("mosquitto", "mqtt") for kind in (path.source.broker, path.sink.broker) if kind)
    words: list[Any] = ["--from", source, "--write", f"{tag}-in" if source == "kafka" else tag, "--to", sink, "--read",
                        tag, "--rate", options.rate, "--seconds", options.seconds, "--warm-up", 1, "--keys", LANES,
                        "--size", SIZE]
    if "mosquitto" in stage.addresses:
        words += ["--mqtt-port", stage.port("mosquitto")]
    if "rabbitmq" in stage.addresses:
        words += ["--amqp-port", stage.port("rabbitmq")]
    if "kafka" in stage.addresses:
        words += ["--brokers", stage.addresses["kafka"], "--partitions", PARTITIONS]
    return stage.run("probe", *words).stdout


def tag_of(path: Path, subject: str, number: int) -> str:
    return f"delay-{path.name}-{subject}-{number}"  # brokers may be shared with other parts


def warm_up(stage: Stage) -> None:
    """Publishes to Kafka and reads from it one message after another, without router or bridge between."""
    seen = json.loads(stage.run("probe", "--from", "kafka", "--write", WARM_UP, "--to", "kafka", "--read", WARM_UP,
                                "--rate", WARM_UP_RATE, "--seconds", WARM_UP_S, "--warm-up", 0, "--keys", LANES,
                                "--size", SIZE, "--brokers", stage.addresses["kafka"], "--partitions",
                                PARTITIONS).stdout)
    print(f"warm   {line_of(seen['latency_us'])}", flush=True)


def start_brokers(stage: Stage, paths: list[Path], rounds: int) -> None:
    topics = [topic for path in paths for subject in (BARE, LEAT) for i in range(rounds)
              for tag in [tag_of(path, subject, i)]
              for topic in path.source.topics(tag, [tag]) + path.sink.topics(tag, [tag])]
    for kind in sorted({kind for path in paths for kind in path.brokers()}):
        stage.start_broker(kind, [*topics, WARM_UP] if kind == "kafka" else ())


def measure_path(stage: Stage, path: Path, options: argparse.Namespace) -> Runs:
    print(f"{path.name}: {options.rate}/s for {options.seconds} s, {options.rounds} rounds; microseconds", flush=True)
    runs: Runs = {BARE: [], LEAT: []}
    for number in range(options.rounds):
        for subject in turn([BARE, LEAT], number + PATHS.index(path)):  # of one round each, neither is always behind
            run = measure(stage, path, subject, number, options)
            runs[subject].append(run)
            print(f"  {subject:<5} {line_of(run.latency_us)}  CPU {run.cpu_us:.0f} us  {run.peak_mb:.0f} MB  "
                  f"sent late p99 {run.sent_late_us['p99']:.0f}", flush=True)
    return runs


def line_of(latency_us: dict[str, float]) -> str:
    return "  ".join(f"{name} {latency_us[name]:,.0f}" for name in PERCENTILES)


def tails(runs: list[Run]) -> str:
    return ", ".join(f"{run.latency_us['p99']:,.0f}" for run in runs)


def medians(runs: list[Run]) -> dict[str, float]:
    return {name: statistics.median(run.latency_us[name] for run in runs) for name in PERCENTILES}


def figures(runs: list[Run]) -> results.Result:
    """The rounds are those of the p50."""
    return {**results.figures([run.latency_us["p50"] for run in runs]), "latency_us": medians(runs),
            "cpu_us": statistics.median(run.cpu_us for run in runs),
            "peak_mb": statistics.median(run.peak_mb for run in runs)}


def result_of(path: Path, runs: Runs, options: argparse.Namespace, failure: str | None) -> results.Result:
    result: results.Result = {"id": f"latency/{path.name.replace('_', '-')}/{options.rate}", "category": "latency",
                              "title": f"{path.title}, one way at {options.rate}/s, {SIZE} B", "unit": "us",
                              "better": "lower", "goal": path.goal}
    if failure:
        return {**result, "failure": failure.splitlines()[0]}
    late = statistics.median(run.sent_late_us["p99"] for run in runs[LEAT])
    ceiling = {"title": "bare bridge", **figures(runs[BARE])}
    result |= {**figures(runs[LEAT]), "ceiling": ceiling, "audit": {"missing": 0, "out_of_order": 0},
              "note": f"p99 of each round: {tails(runs[LEAT])}, bare {tails(runs[BARE])} us; the sender itself was "
                      f"late by {late:.0f} us at its p99; that is in the figures"}
    result["ratios"] = [theirs / ours for ours, theirs in zip(result["rounds"], ceiling["rounds"])]
    result["ratio"] = statistics.median(result["ratios"])
    return result


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", default=",".join(path.name for path in PATHS))
    parser.add_argument("--at-most", type=float, metavar="S", help="begin no further path after so many seconds")
    parser.add_argument("--brokers", type=pathlib.Path, metavar="FILE", help="use those of brokers.py")
    parser.add_argument("--json", type=pathlib.Path, help="where to write the results")
    return parser.parse_args()


def main() -> int:
    end_in_order()
    options = parse()
    paths = [path for path in PATHS if path.name in options.only.split(",")]
    found: list[results.Result] = []
    failed = False
    clock = results.Clock(options.at_most)
    with tempfile.TemporaryDirectory(prefix="leat-latency-") as folder:
        stage = Stage(options.build, folder, options.seconds / 10, options.brokers)
        try:
            start_brokers(stage, paths, options.rounds)
            if "kafka" in stage.addresses:
                warm_up(stage)
            for path in paths:
                if clock.is_over(path.name):
                    continue
                began = time.monotonic()
                try:
                    found.append(result_of(path, measure_path(stage, path, options), options, None))
                except Failure as failure:
                    failed = True
                    print(f"{path.name}: no figure: {failure}", flush=True)
                    found.append(result_of(path, {}, options, str(failure)))
                found[-1]["took_s"] = time.monotonic() - began
        finally:
            stage.close()
    print_table(found)
    if options.json:
        results.write(options.json, found)
    return 1 if failed else 0


def print_table(found: list[results.Result]) -> None:
    for result in found:
        if "median" not in result:
            continue
        print(result["title"])
        print(f"  leat  {line_of(result['latency_us'])}")
        print(f"  bare  {line_of(result['ceiling']['latency_us'])}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"latency.py: {failure}")
