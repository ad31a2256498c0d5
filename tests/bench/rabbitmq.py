#!/usr/bin/env python3
"""Measures the router's RabbitMQ paths against bare loops of rabbitmq-c on the same private brokers.

    tests/bench/rabbitmq.py [--build build] [--rounds 5] [--only publish,consume,rabbitmq_kafka,kafka_rabbitmq] [--json FILE]

publish: generated messages to a queue, persistent, with confirmations. consume: a backlog of a queue, acknowledged
cumulatively. The others are bridges. Router and bare loop alternate; each run starts its process anew, on 100-byte
messages; the CPU time is the whole process's. Every run is audited: a rate with a message missing is no rate.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from bridges import Failure, cpu_seconds, end, landing_in_kafka, rate_of

LANES = 64
PARTITIONS = 4
SIZES = {"publish": 150_000, "consume": 400_000, "rabbitmq_kafka": 300_000, "kafka_rabbitmq": 150_000}
GOALS = {"publish": 0.9, "consume": 0.9, "rabbitmq_kafka": 0.95, "kafka_rabbitmq": 0.95}
SHAPE = ["--lanes", LANES, "--size", 100]


class Stage:
    """The brokers, the programs, and a folder for records."""

    def __init__(self, build, folder, topics):
        self.build, self.folder = build, pathlib.Path(folder)
        self.children = []
        self.rabbitmq = self.start_broker("rabbitmq", [])
        self.port = self.rabbitmq.split(":")[1]
        self.kafka = None
        if topics:
            self.kafka = self.start_broker("kafka", [w for t in topics for w in ("--topic", f"{t}:{PARTITIONS}")])

    def start_broker(self, kind, words):
        child = subprocess.Popen([self.tool("broker"), "--kind", kind, *words], stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        line = child.stdout.readline()
        if not line:
            raise Failure(f"no {kind}")
        return line.split()[0]

    def close(self):
        for child in self.children:
            end(child)

    def tool(self, name):
        place = self.build / "tests" / ("bench" if "rabbitmq" in name else "tools") / name
        return str(place)

    def file(self, name):
        return str(self.folder / name)

    def run(self, name, *words, check=True):
        done = subprocess.run([self.tool(name), *map(str, words)], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise Failure(f"{name}: {done.stdout}{done.stderr}")
        return done

    def start(self, command, log):
        with open(self.file(log), "w") as out:
            return subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT)

    def depth(self, queue, until, limit=120):
        """The curve of a queue's ready messages until there are so many."""
        done = self.run("rabbitmq_depth", "--port", self.port, "--queue", queue, "--until", until, "--limit", limit, check=False)
        curve = [(float(t), int(n)) for t, n in (line.split() for line in done.stdout.splitlines())]
        if done.returncode != 0:
            raise Failure(f"{queue}: {curve[-1][1] if curve else 'nothing'} instead of {until}")
        return curve

    def fill(self, queue, count, record):
        self.run("bare_rabbitmq_publish", "--port", self.port, "--queue", queue, "--count", count, "--keys", 1,
                 "--record", self.file(record), *SHAPE)

    def audit(self, published, landed):
        done = self.run("audit", "--published", self.file(published), "--landed", self.file(landed), "--order", 1, check=False)
        if done.returncode != 0:
            raise Failure("the audit failed: " + done.stdout.strip())
        return done.stdout.strip()


def bare_command(stage, path, tag):
    program = stage.tool(f"bare_rabbitmq_{path}" if path in ("publish", "consume") else f"bare_{path}")
    rabbitmq = ["--port", stage.port, "--queue", tag]
    words = {"publish": [*rabbitmq, "--count", SIZES[path], "--stay", 1, *SHAPE], "consume": rabbitmq,
             "rabbitmq_kafka": [*rabbitmq, "--brokers", stage.kafka, "--topic", tag],
             "kafka_rabbitmq": [*rabbitmq, "--brokers", stage.kafka, "--topic", "small", "--group", tag]}[path]
    return [program, *words]


def leat_command(stage, path, tag):
    from_kafka = {"backend": "kafka", "topics": ["small"], "group": tag}
    from_rabbitmq = {"backend": "rabbitmq", "queue": tag}
    to_rabbitmq = {"backend": "rabbitmq", "routing_key": tag}
    route = {
        "publish": {"from": {"backend": "made", "count": SIZES[path], "size": 100}, "to": to_rabbitmq},
        "consume": {"from": from_rabbitmq, "to": {"backend": "nowhere", "format": "null"}},
        "rabbitmq_kafka": {"from": from_rabbitmq, "to": {"backend": "kafka", "topic": tag}},
        "kafka_rabbitmq": {"from": from_kafka, "to": to_rabbitmq},
    }[path]
    backends = {"rabbitmq": {"plugin": "rabbitmq", "url": f"amqp://{stage.rabbitmq}"}}
    if path == "publish":
        backends["made"] = {"plugin": "generate"}
    elif path == "consume":
        backends["nowhere"] = {"plugin": "console"}
    else:
        backends["kafka"] = {"plugin": "kafka", "brokers": stage.kafka}
    config = stage.folder / f"{tag}.json"
    config.write_text(json.dumps({"backends": backends, "routes": {"bridge": route}}, indent=2))
    return [stage.build / "bin" / "leat", "run", config]


def landing(stage, path, tag):
    """The curve of what has landed."""
    count = SIZES[path]
    if path == "rabbitmq_kafka":
        return landing_in_kafka(stage, tag, count)
    if path == "consume":  # what the broker has sent; at most the prefetch is not acknowledged
        curve = stage.depth(tag, 0)
        begin = next((i for i, point in enumerate(curve) if point[1] < count), 0)
        return [(t, count - n) for t, n in curve[max(begin - 1, 0):]]
    return [point for point in stage.depth(tag, count) if point[1] > 0]


def check(stage, path, tag):
    """Audits what a run has left."""
    count = SIZES[path]
    if path == "consume":  # all are acknowledged: nothing comes back after the end of the reader
        stage.depth(tag, 0, limit=10)
        return "nothing is left in the queue"
    if path == "rabbitmq_kafka":
        stage.run("kafka_collect", "--brokers", stage.kafka, "--topic", tag, "--record", stage.file(f"{tag}.rec"), "--expect",
                  count, "--idle", 10, "--key", 1, *SHAPE)
        return stage.audit(f"{tag}.pub", f"{tag}.rec")
    if path == "publish":  # numbers of its own: as many as were made, confirmed
        stage.depth(tag, count, limit=10)
        return f"{count} in the queue"
    stage.run("bare_rabbitmq_consume", "--port", stage.port, "--queue", tag, "--expect", count, "--keys", 1, "--record",
              stage.file(f"{tag}.rec"), *SHAPE)
    return stage.audit("small.pub", f"{tag}.rec")


def measure(stage, path, subject, number):
    tag = f"{path}-{subject}-{number}"
    stage.run("rabbitmq_depth", "--port", stage.port, "--queue", tag, "--until", 0)  # declares it
    if path in ("consume", "rabbitmq_kafka"):
        stage.fill(tag, SIZES[path], f"{tag}.pub")
    command = bare_command(stage, path, tag) if subject == "bare" else leat_command(stage, path, tag)
    process = stage.start(command, f"{tag}.log")
    try:
        curve = landing(stage, path, tag)
        cpu = cpu_seconds(process.pid) if process.poll() is None else float("nan")
    except Failure as failure:
        log = pathlib.Path(stage.file(f"{tag}.log")).read_text()
        raise Failure(f"{failure}\n{log[-2000:]}") from failure
    finally:
        end(process)
    return {"rate": rate_of(curve), "cpu_us": cpu / SIZES[path] * 1e6, "audit": check(stage, path, tag)}


def report(results, out):
    out.write(f"{'path':<15} {'of':<5} {'messages/s':>11} {'CPU us each':>12} {'ratio':>6}  rounds\n")
    met = True
    for path, subjects in results.items():
        medians = {s: statistics.median(r["rate"] for r in runs) for s, runs in subjects.items() if runs}
        for subject, runs in subjects.items():
            if not runs:
                continue
            cpu = statistics.median(r["cpu_us"] for r in runs)
            ratio = medians[subject] / medians["bare"] if "bare" in medians else float("nan")
            out.write(f"{path:<15} {subject:<5} {medians[subject]:>11,.0f} {cpu:>12.2f} {ratio:>6.2f}  "
                      + " ".join(f"{r['rate']:,.0f}" for r in runs) + "\n")
            met = met and (subject != "leat" or ratio >= GOALS[path])
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SIZES))
    parser.add_argument("--subjects", default="bare,leat")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of messages")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    paths, subjects = options.only.split(","), options.subjects.split(",")
    for path in SIZES:
        SIZES[path] = int(SIZES[path] * options.scale)
    topics = [f"rabbitmq_kafka-{s}-{i}" for s in subjects for i in range(options.rounds) if "rabbitmq_kafka" in paths]
    if "kafka_rabbitmq" in paths:
        topics.append("small")
    results = {path: {subject: [] for subject in subjects} for path in paths}
    failed = False
    with tempfile.TemporaryDirectory(prefix="leat-bench-") as folder:
        stage = Stage(options.build, folder, topics)
        try:
            if "kafka_rabbitmq" in paths:
                stage.run("kafka_produce", "--brokers", stage.kafka, "--topic", "small", "--count", SIZES["kafka_rabbitmq"],
                          "--headers", 0, "--record", stage.file("small.pub"), *SHAPE)
            for path in paths:
                print(f"{path}: {SIZES[path]} messages of 100 bytes, {options.rounds} rounds", flush=True)
                for number in range(options.rounds):
                    for subject in subjects:
                        try:
                            run = measure(stage, path, subject, number)
                            results[path][subject].append(run)
                            print(f"  {subject:<5} {run['rate']:>10,.0f}/s  {run['cpu_us']:.2f} us  {run['audit']}", flush=True)
                        except Failure as failure:
                            failed = True
                            print(f"  {subject:<5} no rate: {failure}", flush=True)
        finally:
            stage.close()
    met = report(results, sys.stdout)
    if options.json:
        options.json.write_text(json.dumps({"sizes": SIZES, "results": results}, indent=2))
    if failed or not met:
        print("A goal was missed." if not failed else "A run gave no rate.")
    return 0 if met and not failed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"rabbitmq.py: {failure}")
