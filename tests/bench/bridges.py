#!/usr/bin/env python3
"""Measures the router's bridges against bare bridges on the same private brokers.

    tests/bench/bridges.py [--build build] [--rounds 5] [--only mqtt_kafka,...] [--json FILE] [--subjects bare,leat]

Router and bare bridge alternate. Each timed run starts its process anew on a backlog of 100-byte messages; the rate is
that of landing, from the first that is seen landed to the last; the CPU time is the whole process's, from its start.
Every run is audited: a rate with a message missing is no rate.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

LANES = 64
PARTITIONS = 4
SIZES = {"mqtt_kafka": 500_000, "kafka_mqtt": 200_000, "kafka_kafka": 1_000_000}
GOALS = {"mqtt_kafka": 0.7, "kafka_mqtt": 0.85, "kafka_kafka": 0.7}
CPU_GOAL = 2.0  # microseconds a message


class Failure(Exception):
    """A run that gives no figure, and why."""


class Stage:
    """The brokers, the programs of tests/tools, and a folder for records."""

    def __init__(self, build, folder, topics):
        self.build, self.folder = build, pathlib.Path(folder)
        self.children = []
        self.bare_words = []
        self.mqtt = self.start_broker("mosquitto", ["--persistence", "0"])
        self.kafka = self.start_broker("kafka", [w for t in topics for w in ("--topic", f"{t}:{PARTITIONS}")])
        self.mqtt_port = self.mqtt.split(":")[1]

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
        return str(self.build / "tests" / "tools" / name)

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

    def audit(self, published, landed):
        done = self.run("audit", "--published", self.file(published), "--landed", self.file(landed), "--order", 1, check=False)
        if done.returncode != 0:
            raise Failure("the audit failed: " + done.stdout.strip())
        return done.stdout.strip()


def end(process):
    """SIGTERM, and SIGKILL after half a minute."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(condition, limit, what):
    latest = time.monotonic() + limit
    while not condition():
        if time.monotonic() > latest:
            raise Failure(f"waited {limit} s for {what}")
        time.sleep(0.005)


def cpu_seconds(pid):
    """CPU time of a process so far: of each thread, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def rate_of(curve):
    (begin, first), (end, last) = curve[0], curve[-1]
    return (last - first) / (end - begin)


def start_subject(stage, bridge, subject, tag):
    """Starts the router or the bare bridge for one run; `tag` makes topics, groups and sessions its own."""
    if subject == "bare":
        program = stage.build / "tests" / "bench" / f"bare_{bridge}"
        words = {
            "mqtt_kafka": ["--port", stage.mqtt_port, "--client-id", tag, "--filter", f"{tag}/#", "--topic", tag],
            "kafka_mqtt": ["--port", stage.mqtt_port, "--prefix", tag, "--topic", "small", "--group", tag],
            "kafka_kafka": ["--topic", "large", "--to", tag, "--group", tag],
        }[bridge]
        return stage.start([program, "--brokers", stage.kafka, *words, *stage.bare_words], f"{tag}.log")
    mqtt, kafka = {"backend": "mqtt"}, {"backend": "kafka"}
    route = {
        "mqtt_kafka": {"from": {**mqtt, "topics": [f"{tag}/#"], "qos": 1, "client_id": tag},
                       "to": {**kafka, "topic": tag, "key": "${topic[1]}"}},
        "kafka_mqtt": {"from": {**kafka, "topics": ["small"], "group": tag}, "to": {**mqtt, "topic": tag + "/${key}", "qos": 1}},
        "kafka_kafka": {"from": {**kafka, "topics": ["large"], "group": tag}, "to": {**kafka, "topic": tag, "key": "${key}"}},
    }[bridge]
    backends = {"mqtt": {"plugin": "mqtt", "url": f"mqtt://{stage.mqtt}", "client_id": f"{tag}-gateway"},
                "kafka": {"plugin": "kafka", "brokers": stage.kafka}}
    used = {name: backends[name] for name in backends if name in bridge}
    config = stage.folder / f"{tag}.json"
    config.write_text(json.dumps({"backends": used, "routes": {"bridge": route}}, indent=2))
    return stage.start([stage.build / "bin" / "leat", "run", config], f"{tag}.log")


def landing_in_kafka(stage, topic, count):
    done = stage.run("kafka_count", "--brokers", stage.kafka, "--topic", topic, "--partitions", PARTITIONS,
                     "--until", count, "--limit", 120, check=False)
    curve = [(float(t), int(n)) for t, n in (line.split() for line in done.stdout.splitlines())]
    if done.returncode != 0:
        raise Failure(f"only {curve[-1][1] if curve else 0} of {count} landed")
    return [point for point in curve if point[1] > 0]


def landing_in_file(path, count):
    curve = []

    def landed():
        records = os.path.getsize(path) // 16 if os.path.exists(path) else 0
        if records and (not curve or records != curve[-1][1]):
            curve.append((time.monotonic(), records))
        return records >= count

    wait_for(landed, 120, f"{count} messages; {curve[-1] if curve else 'none'} landed")
    return curve


def measure(stage, bridge, subject, number):
    tag = f"{bridge}-{subject}-{number}"
    count = SIZES[bridge]
    shape = ["--lanes", LANES, "--size", 100]
    collector = None
    if bridge == "mqtt_kafka":  # the backlog waits in a session that is made before, for the subject to take over
        session = subprocess.Popen([stage.tool("mqtt_collect"), "--port", stage.mqtt_port, "--client-id", tag, "--topic",
                                    f"{tag}/#", "--record", stage.file("none.rec")], stdout=subprocess.PIPE, text=True)
        session.stdout.readline()
        end(session)
        stage.run("mqtt_publish", "--port", stage.mqtt_port, "--prefix", tag, "--count", count, "--headers", 0,
                  "--record", stage.file(f"{tag}.pub"), *shape)
    if bridge == "kafka_mqtt":
        collector = stage.start([stage.tool("mqtt_collect"), "--port", stage.mqtt_port, "--client-id", tag, "--topic", f"{tag}/#",
                                 "--key", 1, "--record", stage.file(f"{tag}.rec"), *shape], f"{tag}.collect")
        wait_for(lambda: "subscribed" in pathlib.Path(stage.file(f"{tag}.collect")).read_text(), 10, "the subscriber")
    process = start_subject(stage, bridge, subject, tag)
    try:
        curve = landing_in_file(stage.file(f"{tag}.rec"), count) if collector else landing_in_kafka(stage, tag, count)
        cpu = cpu_seconds(process.pid)
    except Failure as failure:
        log = pathlib.Path(stage.file(f"{tag}.log")).read_text()
        raise Failure(f"{failure}\n{log[-2000:]}") from failure
    finally:
        end(process)
        if collector:
            end(collector)
    published = {"mqtt_kafka": f"{tag}.pub", "kafka_mqtt": "small.pub", "kafka_kafka": "large.pub"}[bridge]
    if not collector:
        stage.run("kafka_collect", "--brokers", stage.kafka, "--topic", tag, "--record", stage.file(f"{tag}.rec"), "--expect",
                  count, "--idle", 10, "--key", 1, *shape)
    return {"rate": rate_of(curve), "cpu_us": cpu / count * 1e6, "audit": stage.audit(published, f"{tag}.rec")}


def preload(stage, bridges):
    for bridge, topic in (("kafka_mqtt", "small"), ("kafka_kafka", "large")):
        if bridge in bridges:
            stage.run("kafka_produce", "--brokers", stage.kafka, "--topic", topic, "--count", SIZES[bridge], "--headers", 0,
                      "--record", stage.file(f"{topic}.pub"), "--lanes", LANES, "--size", 100)


def settings_printed(stage, bridge):
    logs = sorted(stage.folder.glob(f"{bridge}-bare-*.log"))
    return [line for line in logs[0].read_text().splitlines() if line.startswith("settings:")] if logs else []


def report(results, out):
    out.write(f"{'bridge':<12} {'of':<5} {'messages/s':>11} {'CPU us each':>12} {'ratio':>6}  rounds\n")
    met = True
    for bridge, subjects in results.items():
        medians = {s: statistics.median(r["rate"] for r in runs) for s, runs in subjects.items() if runs}
        for subject, runs in subjects.items():
            if not runs:
                continue
            cpu = statistics.median(r["cpu_us"] for r in runs)
            ratio = medians[subject] / medians["bare"] if "bare" in medians else float("nan")
            out.write(f"{bridge:<12} {subject:<5} {medians[subject]:>11,.0f} {cpu:>12.2f} {ratio:>6.2f}  "
                      + " ".join(f"{r['rate']:,.0f}" for r in runs) + "\n")
            if subject == "leat":
                met = met and ratio >= GOALS[bridge] and cpu <= CPU_GOAL
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SIZES))
    parser.add_argument("--subjects", default="bare,leat")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of messages")
    parser.add_argument("--set", action="append", default=[], help="librdkafka producer setting of the bare bridges, name=value")
    parser.add_argument("--in-flight", type=int, help="limit of the bare bridges, instead of their own")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    bridges, subjects = options.only.split(","), options.subjects.split(",")
    for bridge in SIZES:
        SIZES[bridge] = int(SIZES[bridge] * options.scale)
    topics = ["small", "large"] + [f"{b}-{s}-{i}" for b in bridges if b != "kafka_mqtt" for s in subjects
                                   for i in range(options.rounds)]
    results = {bridge: {subject: [] for subject in subjects} for bridge in bridges}
    failed = False
    with tempfile.TemporaryDirectory(prefix="leat-bench-") as folder:
        stage = Stage(options.build, folder, topics)
        stage.bare_words = [word for setting in options.set for word in ("--set", setting)]
        if options.in_flight:
            stage.bare_words += ["--in-flight", str(options.in_flight)]
        try:
            preload(stage, bridges)
            for bridge in bridges:
                print(f"{bridge}: {SIZES[bridge]} messages of 100 bytes, {options.rounds} rounds", flush=True)
                for number in range(options.rounds):
                    for subject in subjects:
                        try:
                            run = measure(stage, bridge, subject, number)
                            results[bridge][subject].append(run)
                            print(f"  {subject:<5} {run['rate']:>10,.0f}/s  {run['cpu_us']:.2f} us  {run['audit']}", flush=True)
                        except Failure as failure:
                            failed = True
                            print(f"  {subject:<5} no rate: {failure}", flush=True)
                for line in settings_printed(stage, bridge):
                    print(f"  {line}")
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
        sys.exit(f"bridges.py: {failure}")
