"""Flame graphs: what perf saw, folded into a tree of calls and drawn as one SVG that needs nothing else.

A box is a function; its width is its part of the samples, what it called stands above it. Hovering tells the figures.
"""

from __future__ import annotations

import dataclasses
import html
import pathlib
import re
import shutil
import signal
import subprocess
import zlib

from .stage import LIMIT_S, Failure

RATE_HZ = 997
STACK_BYTES = 65528  # the most that perf takes: batches lie on the stack
WIDTH, ROW, MARGIN = 1200, 17, 10
LEAST = 0.001  # of all samples: narrower boxes are not drawn
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \(([^)]*)\)$")
OURS = re.compile(r"leat::(v1::)?|\(anonymous namespace\)::")
OFFSET = re.compile(r"\+0x[0-9a-f]+$")


@dataclasses.dataclass
class Call:
    """A function as it was called by those below it. `samples`: with all that it called."""

    samples: int = 0
    calls: dict[str, "Call"] = dataclasses.field(default_factory=dict)

    def add(self, stack: list[str]) -> None:
        """`stack`: the outermost first."""
        at = self
        at.samples += 1
        for name in stack:
            at = at.calls.setdefault(name, Call())
            at.samples += 1

    def depth(self) -> int:
        return 1 + max((call.depth() for call in self.calls.values()), default=0)


class Recorder:
    """perf, which runs a program from its first instruction on. Raises Failure where perf is missing, or may not look.

        recorder = Recorder(file)
        process = stage.start(log, "leat", ..., under=recorder.words())
        ...
        call = recorder.end(process)
    """

    def __init__(self, data: pathlib.Path) -> None:
        if not shutil.which("perf"):
            raise Failure("perf is not there: flame graphs need it (Debian: linux-perf)")
        self._data = data

    def words(self) -> list[str]:
        return ["perf", "record", "--quiet", "-e", "cpu-clock", "-F", str(RATE_HZ), "--call-graph",
                f"dwarf,{STACK_BYTES}", "-o", str(self._data), "--"]

    def end(self, process: subprocess.Popen[str]) -> Call:
        """Ends perf, which ends what it runs; what it saw."""
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT_S)
        if not self._data.is_file() or self._data.stat().st_size == 0:
            raise Failure("perf recorded nothing")
        done = subprocess.run(["perf", "script", "-i", str(self._data), "-F", "comm,ip,sym,dso"], capture_output=True,
                              text=True, errors="replace")
        self._data.unlink()  # they are large
        root = folded(done.stdout)
        if root.samples == 0:
            raise Failure(f"perf saw nothing: {done.stderr.strip()[-500:]}")
        return root


def folded(script: str) -> Call:
    """What `perf script -F comm,ip,sym,dso` printed: for each sample the name of its thread, and its frames, the
    innermost first, each indented."""
    root = Call()
    for sample in script.split("\n\n"):
        lines = sample.strip("\n").split("\n")
        names = [name_of(line) for line in lines[1:] if line.strip()]
        # Of a library without names how deep it was says nothing.
        frames = [name for name, inner in zip(names, ["", *names]) if name != inner or not name.startswith("[")]
        if lines[0].strip() and frames:
            root.add([lines[0].strip(), *reversed(frames)])
    return root


def name_of(line: str) -> str:
    match = FRAME.match(line)
    if not match:
        return line.strip()
    name, library = OFFSET.sub("", match[1]), pathlib.PurePath(match[2]).name
    return f"[{library.strip('[]')}]" if name == "[unknown]" else name


def svg(root: Call, title: str) -> str:
    boxes: list[str] = []
    rows = root.depth()
    height = rows * ROW + 3 * ROW
    draw(root, "all", MARGIN, height - 2 * ROW, (WIDTH - 2 * MARGIN) / root.samples, root.samples, boxes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="11">\n<rect width="100%" height="100%" fill="#fff"/>\n<text x="{WIDTH / 2:.0f}" y="{ROW}" '
            f'text-anchor="middle" font-size="14">{html.escape(title)}: {root.samples} samples</text>\n'
            + "".join(boxes) + "</svg>\n")


def draw(call: Call, name: str, x: float, y: float, scale: float, total: int, boxes: list[str]) -> None:
    """A box, and above it what it called, from the name that comes first on."""
    width = call.samples * scale
    part = call.samples / total
    letters = int((width - 5) / 6.5)
    short = OURS.sub("", name)  # hovering tells the whole
    shown = short if len(short) <= letters else short[:max(letters - 1, 0)] + "…"
    text = f'<text x="{x + 3:.1f}" y="{y + 12:.1f}">{html.escape(shown)}</text>' if letters > 3 else ""
    boxes.append(f'<g><title>{html.escape(name)}: {call.samples} samples, {part:.1%}</title><rect x="{x:.1f}" '
                 f'y="{y:.1f}" width="{max(width - 0.5, 0.3):.1f}" height="{ROW - 1}" rx="2" fill="{colour(name)}"/>'
                 f"{text}</g>\n")
    for inner in sorted(call.calls):
        if call.calls[inner].samples >= LEAST * total:
            draw(call.calls[inner], inner, x, y - ROW, scale, total, boxes)
        x += call.calls[inner].samples * scale


def colour(name: str) -> str:
    """The same for the same name: warm, and blue for the kernel's and a library's without names."""
    seed = zlib.crc32(name.encode())
    if name.startswith("["):
        return f"hsl({200 + seed % 30}, 45%, {72 + seed // 64 % 12}%)"
    return f"hsl({10 + seed % 45}, 80%, {62 + seed // 64 % 16}%)"
