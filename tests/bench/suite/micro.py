"""Results of Google Benchmark programs in the format of `leat bench --with FILE`.

The name of a benchmark is its id, category/name, or category/series/x with a number x for a point of a curve. The label
is the title; a benchmark of the same name with /bare behind it is the ceiling; the counter goal_ns is the goal. The
figure is the time for an item: real time by the items of an iteration (SetItemsProcessed), in ns.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import tempfile
from typing import Any

from . import results
from .children import end_with_parent

SUFFIXES = ("/real_time", "/process_time", "/manual_time", "/threads:1")
NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
Rows = dict[str, list[dict[str, Any]]]  # repetitions by name


def run(program: pathlib.Path, repetitions: int, min_time_s: float) -> list[results.Result]:
    """Raises subprocess.CalledProcessError when the program fails."""
    with tempfile.TemporaryDirectory(prefix="leat-micro-") as folder:
        out = pathlib.Path(folder) / "out.json"
        subprocess.run([str(program), f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={min_time_s}",
                        "--benchmark_enable_random_interleaving=true",
                        "--benchmark_report_aggregates_only=false", f"--benchmark_out={out}",
                        "--benchmark_out_format=json"], check=True, stdout=subprocess.DEVNULL,
                       preexec_fn=end_with_parent)
        return convert(json.loads(out.read_text())["benchmarks"])


def convert(rows: list[dict[str, Any]]) -> list[results.Result]:
    by_name: Rows = {}
    for row in rows:
        if row.get("run_type", "iteration") == "iteration":
            by_name.setdefault(plain(row.get("run_name", row["name"])), []).append(row)
    return [result_of(name, found, by_name.get(name + "/bare", []))
            for name, found in by_name.items() if not name.endswith("/bare")]


def plain(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def per_item_ns(row: dict[str, Any]) -> float:
    rate = row.get("items_per_second")
    return 1e9 / rate if rate else row["real_time"] * NANOSECONDS[row["time_unit"]]


def result_of(name: str, rows: list[dict[str, Any]], bare: list[dict[str, Any]]) -> results.Result:
    parts = name.split("/")
    result: results.Result = {"id": name, "category": parts[0], "title": rows[0].get("label") or "/".join(parts[1:]),
                              "unit": "ns", "better": "lower"}
    failed = [row.get("error_message", "") for row in rows if row.get("error_occurred")]
    if failed:
        return {**result, "failure": failed[0]}
    result |= results.figures([per_item_ns(row) for row in rows])
    if len(parts) > 2 and parts[-1].replace(".", "", 1).isdigit():
        result |= {"series": "/".join(parts[1:-1]), "x": float(parts[-1])}
    if "goal_ns" in rows[0]:
        result["goal"] = {"value": rows[0]["goal_ns"]}
    if bare:
        result["ceiling"] = {"title": "bare loop", **results.figures([per_item_ns(row) for row in bare])}
        result["ratio"] = result["ceiling"]["median"] / result["median"]
    return result
