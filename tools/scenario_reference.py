"""Write what is made from the scenario models: the JSON Schema and docs/scenario-files.md.

    python tools/scenario_reference.py

Run it after changing a field, a preset or a metric's name; a test fails while they differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOC = ROOT / "docs" / "scenario-files.md"
SCHEMA = ROOT / "viralsim" / "scenarios" / "viralsim.schema.json"


def replaced(text: str, name: str, part: str) -> str:
    """The page with the text between the marks of a part put anew."""
    begin, end = f"<!-- {name}: made by tools/scenario_reference.py -->\n", f"<!-- end of {name} -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{DOC}: the marks of {name!r} are missing")
    return f"{head}{begin}\n{part}\n{end}{tail}"


def outputs() -> dict[Path, str]:
    """File -> what it has to hold."""
    from viralsim.spec.reference import fields_markdown, metrics_markdown, presets_markdown
    from viralsim.spec.schema import schema_text

    page = DOC.read_text("utf-8")
    for name, part in (
        ("fields", fields_markdown()),
        ("presets", presets_markdown()),
        ("metrics", metrics_markdown()),
    ):
        page = replaced(page, name, part)
    return {DOC: page, SCHEMA: schema_text()}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for path, content in outputs().items():
        path.write_text(content, "utf-8")
        print(path.relative_to(ROOT))
