#!/usr/bin/env python3
"""Draws a flame graph of the router on each path between brokers, and through two stages in memory.

    tests/bench/flame.py [--build build] [--only kafka_kafka,memory] [--seconds 3] --out FOLDER

Also writes FOLDER/index.html, which shows them all. Each is a run of its own: a process that perf looks at has no rate
worth telling. Needs perf (Debian: linux-perf).
"""

from __future__ import annotations

import argparse
import html
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bridges import PATHS  # noqa: E402
from suite import flame  # noqa: E402
from suite.children import end_in_order  # noqa: E402
from suite.path import LEAT, Path, start_subject  # noqa: E402
from suite.rounds import start_brokers, tag_of  # noqa: E402
from suite.stage import Failure, Stage, end  # noqa: E402

MEMORY = "memory"


def record_memory(stage: Stage, seconds: float) -> flame.Call:
    """Made -> two stages that pass -> thrown away, for so long."""
    routes = {"memory": {"from": {"backend": "in", "size": 100}, "to": {"backend": "out", "format": "null"},
                         "through": [{"plugin": "limit_size"}, {"plugin": "sample", "every": 1}]}}
    backends = {"in": {"plugin": "generate"}, "out": {"plugin": "console"}}
    pathlib.Path(stage.file("memory.json")).write_text(json.dumps({"backends": backends, "routes": routes}))
    recorder = flame.Recorder(pathlib.Path(stage.file("memory.data")))
    process = stage.start("memory.log", "leat", "run", stage.file("memory.json"), "--no-table", under=recorder.words())
    time.sleep(seconds)  # what is looked at
    return recorder.end(process)


def record_path(stage: Stage, path: Path) -> flame.Call:
    tag = tag_of(path, LEAT, 0)
    path.source.prepare(stage, path.name, path.count)
    path.source.fill(stage, tag, path.count)
    path.sink.open(stage, tag, path.count)
    recorder = flame.Recorder(pathlib.Path(stage.file(f"{tag}.data")))
    process = start_subject(stage, path, LEAT, tag, [], recorder.words())
    try:
        path.sink.landing(stage, path.name, tag, path.count)
        return recorder.end(process)
    finally:
        if process.poll() is None:
            end(process)
        path.sink.close(stage, tag)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    names = ",".join([MEMORY, *(path.name for path in PATHS if path.category == "routes" and path.goal)])
    parser.add_argument("--build", type=pathlib.Path, default=root / "build")
    parser.add_argument("--only", default=names, help=f"of {names}")
    parser.add_argument("--seconds", type=float, default=3, help="of the path in memory")
    parser.add_argument("--scale", type=float, default=1, help="multiplies the numbers of messages")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    return parser.parse_args()


def main() -> int:
    end_in_order()
    options = parse()
    wanted = options.only.split(",")
    paths = [path for path in PATHS if path.name in wanted]
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="leat-flame-") as folder:
        stage = Stage(options.build, folder, warm_up=options.scale)
        try:
            if MEMORY in wanted:
                draw(options.out, MEMORY, "made -> two stages -> thrown away", record_memory(stage, options.seconds))
            for path in paths:
                path.count = int(path.count * options.scale)
            start_brokers(stage, paths, [LEAT], 1)
            for path in paths:
                draw(options.out, path.name, path.title, record_path(stage, path))
        finally:
            stage.close()
    write_index(options.out)
    return 0


def draw(folder: pathlib.Path, name: str, title: str, root: flame.Call) -> None:
    file = folder / f"{name}.svg"
    file.write_text(flame.svg(root, title))
    print(f"{file}: {root.samples} samples", flush=True)


def write_index(folder: pathlib.Path) -> None:
    """A page that shows all graphs of a folder."""
    titles = {MEMORY: "in memory"} | {path.name: path.title for path in PATHS}
    shown = ""
    for file in sorted(folder.glob("*.svg")):
        title = html.escape(titles.get(file.stem, file.stem))
        shown += (f'<h2>{title}</h2>\n<a href="{file.name}"><img src="{file.name}" alt="flame graph: {title}" '
                  'style="width: 100%"/></a>\n')
    (folder / "index.html").write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>Leat: flame graphs</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/></head>'
        '<body style="font-family: system-ui, sans-serif">\n<h1>Where the CPU time of each path goes</h1>\n'
        "<p>Each opens by itself; there hovering tells the figures.</p>\n" + shown + "</body></html>\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"flame.py: {failure}")
