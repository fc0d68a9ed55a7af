"""The table of docs/verify.md, written from one run of the command.

    viralsim verify --full --out DIR
    python benchmarks/verify_table.py DIR/verify.json [--page docs/verify.md]

Everything after the marker line in the page is replaced; the words before it are left alone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from viralsim.report.verify_page import number_text

MARKER = "<!-- from here on written by benchmarks/verify_table.py -->\n"


def cells(check: dict[str, Any]) -> list[str]:
    """Expected, got, standard errors away and verdict of one check, as people read them."""
    if check["expected"] is None or check["got"] is None:
        return ["-", "-", "-", f"{check['verdict']}: {check['reason']}"]
    away, verdict = check["errors_away"], check["verdict"]
    if verdict == "agrees" and away is not None and away > 4.0:
        verdict = f"agrees within {number_text(check['allowance'], 2)}"
    text = "exact" if away is None else f"{away:.1f}"
    return [number_text(check["expected"]), number_text(check["got"]), text, verdict]


def table(found: dict[str, Any]) -> list[str]:
    """The lines of the page: what was run, and a row for each check."""
    seconds: dict[str, float] = defaultdict(float)
    for check in found["checks"]:
        seconds[check["group"]] += check["seconds"]
    longest = sorted(seconds, key=lambda group: -seconds[group])[:4]
    versions = ", ".join(f"{name} {found['versions'][name]}" for name in ("python", "numpy", "numba"))
    lines = [
        f"`viralsim verify{' --full' if found['mode'] == 'full' else ''}`, one run, seed {found['seed']}, {versions}: "
        f"{found['seconds']:,.0f} s; the longest groups: "
        + ", ".join(f"{group} {seconds[group]:,.0f} s" for group in longest) + ".",
        f"**{found['sentence']}**",
        "",
        "| group | claim | expected | got | SE away | verdict |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    last = ""
    for check in found["checks"]:
        group = check["group"] if check["group"] != last else ""
        last = check["group"]
        lines.append("| " + " | ".join([group, check["claim"], *cells(check)]) + " |")
    return lines


def main() -> None:
    """Write the page anew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("record", type=Path, help="verify.json of a run")
    parser.add_argument("--page", type=Path, default=Path("docs/verify.md"))
    given = parser.parse_args()
    found = json.loads(given.record.read_text("utf-8"))
    before, marker, _ = given.page.read_text("utf-8").partition(MARKER)
    if not marker:
        parser.error(f"{given.page} has no line {MARKER.strip()}")
    given.page.write_text(before + MARKER + "\n" + "\n".join(table(found)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
