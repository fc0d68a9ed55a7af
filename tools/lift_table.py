"""Write the table of true lift against attribution in docs/customers.md, from stock scenarios.

    python tools/lift_table.py

It takes a few minutes. What it writes is what `viralsim lift SCENARIO --variant NAME` prints.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOC = ROOT / "docs" / "customers.md"
SCENARIOS = (
    ("referral-programme", "referral"),
    ("review-driven-sale", None),
    ("bad-news-spreads", None),
    ("answer-fast-or-slow", None),
)
BEGIN = "<!-- lift: made by tools/lift_table.py -->\n"
END = "<!-- end of lift -->"
HEADS = (
    "scenario",
    "channel",
    "caused",
    "last touch",
    "first touch",
    "linear",
    "Shapley over paths",
    "last touch / caused",
)


def rows_of(name: str, variant: str | None) -> list[str]:
    """One line per channel that is in use, and one for all."""
    import viralsim as vs
    from viralsim.experiment.lift import overclaim_text
    from viralsim.metrics.attribution import RULES
    from viralsim.metrics.rounding import format_interval, format_number

    scenario = vs.load_scenario(name)
    found = vs.true_lift(scenario if variant is None else scenario.variant(variant))
    label, lines = f"`{name}`" + (f", `{variant}`" if variant else ""), []

    def line(channel: str, caused, claimed, overclaim) -> str:
        interval = format_interval(caused.low, caused.high, caused.se)
        claims = [format_number(claimed[rule].mean, claimed[rule].se) for rule in RULES]
        cells = (label, channel, f"{format_number(caused.mean, caused.se)} ({interval})", *claims)
        return f"| {' | '.join(cells)} | {overclaim_text(overclaim['last touch'])} |"

    for part in found.channels:
        if part.caused.mean != 0.0 or part.claimed["linear"].mean > 0.0:
            lines.append(line(part.channel, part.caused, part.claimed, part.overclaim))
    return [*lines, line("**all**", found.lift, found.claimed, found.overclaim)]


def table() -> str:
    """The table as Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", "|" + "---|" * len(HEADS)]
    for name, variant in SCENARIOS:
        lines += rows_of(name, variant)
    return "\n".join(lines)


def replaced(page: str, text: str) -> str:
    """The page with the text between the marks put anew."""
    head, found, rest = page.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise SystemExit(f"{DOC}: the marks of the lift table are missing")
    return f"{head}{BEGIN}\n{text}\n\n{END}{tail}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    DOC.write_text(replaced(DOC.read_text("utf-8"), table()), "utf-8")
    print(DOC.relative_to(ROOT))
