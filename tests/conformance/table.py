#!/usr/bin/env python3
"""The tables of conformance and of pairs, from what the last runs of the suite have written.

    tests/conformance/table.py build            prints it
    tests/conformance/table.py build --docs     writes docs/conformance.md and docs/pairs.md

A cell is `yes`, `absent` where the backend does not claim the feature and its absence was asserted, or FAILED.
"""
import pathlib
import re
import sys

ORDER = ["memory", "kafka", "rabbitmq", "mqtt", "mqtt_3_1_1", "mqtt_qos_2", "mqtt_paho", "mqtt_paho_sinks"]
TOP = pathlib.Path(__file__).resolve().parents[2]

HEAD = """# Conformance

One suite, `tests/conformance/`, runs over every backend against its real broker in `make test`; this table is what it
last said (`tests/conformance/table.py build --docs` writes it). The plugin is loaded as the host loads it and stands
between a feed and taps of the test's own, without a failure policy in between; messages are published and read by clients
that share no code with it.

`absent`: the backend does not claim it, and the case asserts that it is not there.

- Five features may be absent: requeues live, independent groups, order, persistence, large payloads. *requeues live* means that
  a `retry` goes to the broker, which delivers again and says so; where it is absent, the source keeps the message and emits
  it again by itself, which the same case asserts.
- `memory` has no broker: its cases assert that nothing outlives the host, that there is nothing to restart, and that a login
  or TLS is refused as an unknown option. It has no limit on a payload.
- What a protocol has no place for is asserted to arrive absent: the key in MQTT, headers in MQTT 3.1.1; an absent payload
  arrives empty over MQTT and RabbitMQ; a header that is not UTF-8 is rejected by MQTT 5 sinks, with the reason.
- Engine `paho` of MQTT has one message in flight, and one source in a process without a sink beside it. `mqtt 5, engine paho` is its source, with sinks and
  further sources of engine `native` beside it, or its sinks where a case has no source; `sinks of engine paho` are the cases that write
  (`-`: nothing is written), read by engine `native`. More in one process is refused by `check`, which is asserted.
- `ten thousand topics` has the log of Kafka's broker in memory: it makes three files of each topic durable, 25 ms on a disk,
  where in memory 10,000 topics are there after 15 s. The other two minutes are librdkafka 2.0.2, which looks for each
  topic among all those of a client. Where memory or open files do not suffice for that, it uses 300.

| case |"""

FAULTS = """
## Planted faults

A suite that cannot fail proves nothing. Each of these faults, planted around `memory`, turns the case beside it red, and
`conformance_faults_test` asserts that it does.

| fault | turns red |
| --- | --- |
"""


def read(folder):
    """name on the command line -> (title, {case: (outcome, file, absent)})"""
    runs = {}
    for path in folder.glob("*.txt"):
        title, cases = path.stem, {}
        for line in path.read_text().splitlines():
            words = line.split("\t")
            if words[0] == "name":
                title = words[1]
            elif len(words) == 4:
                cases[words[2]] = (words[0], words[1], words[3])
        runs[path.stem] = (title, cases)
    return dict(sorted(runs.items(), key=lambda run: ORDER.index(run[0]) if run[0] in ORDER else 99))


def cell(result):
    if result is None:
        return "-"
    outcome, _, what = result
    return {"ok": "yes", "failed": "FAILED", "absent": "absent: " + what}[outcome]


def cases_of(runs):
    """The cases by file, in the order in which the first run had them."""
    seen = {}
    for _, cases in runs.values():
        for name, (_, file, _) in cases.items():
            seen.setdefault(name, file)
    return sorted(seen, key=lambda name: seen[name])


def table(runs):
    lines = [HEAD + "".join(f" {title} |" for title, _ in runs.values()), "| --- |" + " --- |" * len(runs)]
    for name in cases_of(runs):
        lines.append(f"| {name} |" + "".join(f" {cell(cases.get(name))} |" for _, cases in runs.values()))
    return "\n".join(lines) + "\n"


def faults():
    text = (TOP / "tests/conformance/faults/faults.hpp").read_text()
    rows = re.findall(r'PlantedFault\{Misdeed::(\w+),\s*"\w+",\s*"([^"]+)"\}', text)
    return FAULTS + "".join(f"| {fault.replace('_', ' ')} | {case} |\n" for fault, case in rows)


def short(runs):
    """For a terminal: one line a backend, and every case that failed."""
    lines = []
    for title, cases in runs.values():
        count = {kind: sum(c[0] == kind for c in cases.values()) for kind in ("ok", "absent", "failed")}
        lines.append(f"  {title:20} {count['ok']:3} yes {count['absent']:3} asserted absent {count['failed']:3} failed")
        lines += [f"      FAILED: {name}" for name, c in cases.items() if c[0] == "failed"]
    return "\n".join(lines)


def grid(runs):
    """For a terminal: the whole table, a letter a cell."""
    letters = {"ok": "+", "absent": "o", "failed": "X"}
    lines = ["", "Conformance (+ yes, o asserted absent, X failed):"]
    titles = [title for title, _ in runs.values()]
    for i, title in enumerate(titles):
        lines.append("  " + "| " * i + title)
    for name in cases_of(runs):
        marks = [letters[cases[name][0]] if name in cases else " " for _, cases in runs.values()]
        lines.append("  " + " ".join(marks) + "  " + name)
    return "\n".join(lines)


PAIRS = """# Every source to every sink

`pairs_test` moves numbered messages from each broker to each broker, kills the host with -9 on the way, starts it again,
and compares payload, key and headers of all that landed with what was published. The programs that publish, read back and
compare share no code with Leat. These are the numbers of its last run (`tests/conformance/table.py build --docs`).

*missing* and *changed* must be 0. *seen twice* is what at-least-once costs: after a kill the broker delivers again what it
had no acknowledgement for; see [seen_twice](seen_twice.md).

| way | kills of the host | published | missing | changed | seen twice |
| --- | --- | --- | --- | --- | --- |
"""

PAIRS_MEMORY = """
`memory` lives in the host: what it holds dies with it, as its promise says, though the source was told that it had landed.
So its ways, chains from broker to broker that go through memory, are run undisturbed; the last one is killed all the same, to
show the price: no more may be missing than the topic's `capacity`, 2,000 messages here. Where that matters, put a broker there.
"""


def pairs(path):
    """The last run of each way."""
    rows = {}
    for line in path.read_text().splitlines():
        way, kills, *numbers = line.split("\t")
        rows.pop((way, kills), None)
        rows[way, kills] = numbers
    order = sorted(rows, key=lambda row: ("memory" in row[0], "memory" in row[0] and row[1] != "0"))
    lines = [f"| {way} | {kills} | {' | '.join(rows[way, kills])} |" for way, kills in order]
    return PAIRS + "\n".join(lines) + "\n" + PAIRS_MEMORY


def main():
    runs = read(pathlib.Path(sys.argv[1]) / "conformance")
    if not runs:
        sys.exit("no run of the suite has left its results there")
    if "--docs" in sys.argv:
        (TOP / "docs/conformance.md").write_text(table(runs) + faults())
        results = pathlib.Path(sys.argv[1]) / "conformance/pairs.tsv"
        if results.exists():
            (TOP / "docs/pairs.md").write_text(pairs(results))
    else:
        print(grid(runs))
        print(short(runs))


if __name__ == "__main__":
    main()
