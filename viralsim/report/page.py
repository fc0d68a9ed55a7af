"""The page to forward: one self-contained HTML file, readable without script and without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import StoreError
from viralsim.experiment.comparison import Comparison
from viralsim.experiment.pairs import Pair, effect_interval_text, effect_text
from viralsim.metrics.rounding import format_percent, format_times
from viralsim.report import facts
from viralsim.report.figures import Drawn, comparison_figures, run_figures
from viralsim.report.player import player_data

__all__ = ["comparison_page", "run_page", "write_page"]

_ASSETS = ("style.css", "player.js", "save.js")
_ID = re.compile(r'(\bid="|href="#|url\(#|aria-labelledby=")')


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure on a page."""

    name: str
    title: str
    caption: str
    svg: Markup
    csv: str  # data address


class _Templates(BaseLoader):
    """Templates that lie beside this module, in an installed wheel too."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        try:
            return _asset(template), template, lambda: True
        except FileNotFoundError:
            raise TemplateNotFound(template) from None


def _asset(name: str) -> str:
    return (resources.files("viralsim.report") / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=_Templates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = format_percent
    return environment


def run_page(ensemble: Ensemble, drawn: list[Drawn] | None = None) -> str:
    """The page of one run.

    Parameters
    ----------
    ensemble : Ensemble
    drawn : list of Drawn, optional
        Its figures, where they are drawn already.

    Returns
    -------
    str
        HTML.
    """
    metric = _metric_of(ensemble)
    top = facts.driver_rows(ensemble, metric)
    return _render(
        "run.html",
        title=ensemble.title,
        verdict=[ensemble.sentence()],
        figures={
            figure.name: figure for figure in map(_figure, run_figures(ensemble) if drawn is None else drawn)
        },
        player=player_data(ensemble),
        run=_run_facts(ensemble),
        metric=metric.replace("_", " "),
        drivers=top,
        judged=facts.judged_drivers(ensemble, top),
        assumptions=facts.assumption_rows(ensemble),
        reproduce=_reproduce([ensemble]),
    )


def comparison_page(comparison: Comparison, drawn: list[Drawn] | None = None) -> str:
    """The page of a comparison: the verdict first, then a card per scenario.

    Parameters
    ----------
    comparison : Comparison
    drawn : list of Drawn, optional
        Its figures, where they are drawn already.

    Returns
    -------
    str
        HTML.
    """
    first = comparison.ensembles[0]
    return _render(
        "compare.html",
        title=f"{first.title}: which is better?",
        verdict=comparison.sentences(),
        figures={
            figure.name: figure
            for figure in map(_figure, comparison_figures(comparison) if drawn is None else drawn)
        },
        player=None,
        metric=comparison.metric.replace("_", " "),
        runs=[
            {"label": label, "sentence": e.sentence(), **_run_facts(e)}
            for label, e in zip(comparison.labels, comparison.ensembles, strict=True)
        ],
        pairs=[_pair_row(pair) for pair in comparison.pairs],
        differences=_differences(comparison),
        drivers=facts.driver_rows(first, comparison.metric),
        judged=facts.judged_drivers(first, facts.driver_rows(first, comparison.metric)),
        assumptions=facts.assumption_rows(first),
        reproduce=_reproduce(list(comparison.ensembles)),
    )


def write_page(text: str, path: Path, force: bool = False) -> Path:
    """Write a page, whole or not at all.

    Raises
    ------
    StoreError
        If something is there already (and not `force`), or it cannot be written.
    """
    if path.is_dir() or (path.exists() and not force):
        raise StoreError(f"{path}: exists already; name another file, or replace it with --force")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); name another place"
        ) from None
    return path


# --------------------------------------------------------------------------------------------- parts


def _render(template: str, **content: Any) -> str:
    scripts = {name: Markup(_asset(name)) for name in _ASSETS}  # our own files, not a user's words
    hashes = " ".join(f"'sha256-{_hash(scripts[name])}'" for name in ("player.js", "save.js"))
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            style=scripts["style.css"],
            player_script=scripts["player.js"],
            save_script=scripts["save.js"],
            script_hashes=Markup(hashes),
            player_json=_json(content["player"]),
        )
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _json(value: Any) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _figure(drawn: Drawn) -> _Figure:
    """A figure's drawing with ids of its own, and its numbers as an address."""
    svg = drawn.svg().decode("utf-8")
    svg = svg[svg.index("<svg") :]
    svg = _ID.sub(lambda match: f"{match.group(1)}{drawn.name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    data = f"data:text/csv;charset=utf-8,{quote(drawn.csv())}"
    return _Figure(drawn.name, drawn.title, drawn.caption, Markup(svg), data)


def _run_facts(ensemble: Ensemble) -> dict[str, Any]:
    return {
        "title": ensemble.title,
        "cards": facts.cards(ensemble),
        "origins": facts.origin_parts(ensemble),
        "segments": facts.reach_rows(ensemble),
        "risks": facts.risk_rows(ensemble),
        "money": facts.money(ensemble),
        "viral": bool(ensemble.viral),
        "teaches": getattr(ensemble.scenario, "teaches", None) or "",
    }


def _metric_of(ensemble: Ensemble) -> str:
    goal = ensemble.scenario.goal
    return str(goal.metric) if goal is not None and goal.metric in ensemble else "reach"


def _pair_row(pair: Pair) -> dict[str, str]:
    why = f": {pair.unresolved_because}" if pair.unresolved_because else ""
    return {
        "metric": pair.metric.replace("_", " "),
        "a": pair.a,
        "b": pair.b,
        "effect": effect_text(pair),
        "interval": effect_interval_text(pair),
        "wins": format_times(pair.prob_better),
        "mean_wins": format_percent(pair.prob_mean_better, 0.005),
        "verdict": f"{pair.verdict}{why}",
    }


def _differences(comparison: Comparison) -> list[dict[str, Any]]:
    """What the scenarios write differently from the first, path by path."""
    written = [_flat(e.scenario.to_dict()) for e in comparison.ensembles]
    rows = []
    for path in sorted(set().union(*written)):
        values = [_said(found.get(path)) for found in written]
        if len(set(values)) > 1:
            rows.append({"path": path, "values": values})
    return rows


def _said(value: Any) -> str:
    return "not written" if value is None else str(value)


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Leaves of a document by dotted path; entries of lists by id where they have one."""
    if isinstance(value, dict) and value:
        pairs = [(str(key), inner) for key, inner in value.items() if key not in ("variants", "name")]
    elif isinstance(value, list | tuple) and value:
        pairs = [(_entry_name(inner, index), inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for key, inner in pairs:
        found.update(_flat(inner, f"{path}.{key}" if path else key))
    return found


def _entry_name(value: Any, index: int) -> str:
    named = value.get("id") or value.get("name") if isinstance(value, dict) else None
    return str(named or index)


def _reproduce(ensembles: list[Ensemble]) -> dict[str, Any]:
    """How to get the same numbers again."""
    first = ensembles[0]
    return {
        "command": shlex.join(["viralsim", *sys.argv[1:]]) if len(sys.argv) > 1 else "",
        "seed": first.seed,
        "replicates": first.replicates,
        "draws": first.draws,
        "fixed": first.fixed,
        "versions": dict(first.provenance),
        "digests": [(e.name, e.digest) for e in ensembles],
    }
