"""The page of a verification: one self-contained HTML file, readable without script."""

from __future__ import annotations

import math
from typing import Any

from viralsim.report import style
from viralsim.report.figures_verify import agreement_figure, verify_figure
from viralsim.verify.check import AGREES, DISAGREES, Outcome
from viralsim.verify.groups import GROUPS
from viralsim.verify.running import Verification

__all__ = ["VERIFY_FIELDS", "number_text", "outcome_cells", "verify_page", "verify_rows"]

VERIFY_FIELDS = (
    "group",
    "claim",
    "source",
    "expected",
    "got",
    "se",
    "errors_away",
    "allowance",
    "why_allowed",
    "verdict",
    "reason",
    "note",
    "seconds",
)


def verify_rows(found: Verification) -> list[tuple[Any, ...]]:
    """Every check as a row of a CSV, in the order of `VERIFY_FIELDS`."""
    return [tuple(outcome.to_dict()[name] for name in VERIFY_FIELDS) for outcome in found.outcomes]


def number_text(value: float, digits: int = 5) -> str:
    """A number to so many digits, without an exponent where it can be avoided.

    Examples
    --------
    >>> number_text(0.58281164), number_text(50000.0), number_text(float("nan"))
    ('0.58281', '50,000', '-')
    """
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "no bound"
    if value == round(value) and abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:,.{digits}g}" if 1e-4 <= abs(value) < 1e9 else f"{value:.3g}"


def outcome_cells(outcome: Outcome) -> tuple[str, str, str, str]:
    """Expected, got, standard errors away and verdict of a check, as people read them.

    A check within its finite-size allowance, but more than 4 standard errors away, says so.
    """
    found = outcome.finding
    if found is None:
        text = outcome.verdict if not outcome.reason else f"{outcome.verdict}: {outcome.reason}"
        return "-", "-", "-", text
    errors = found.errors_away
    away = "exact" if math.isnan(errors) else ("far" if math.isinf(errors) else f"{errors:.1f}")
    verdict = outcome.verdict
    if outcome.verdict == AGREES and errors > 4.0:
        verdict = f"agrees within {number_text(found.allowance, 2)}"
    if outcome.reason:
        verdict = f"{verdict}: {outcome.reason}"
    return number_text(found.expected), number_text(found.got), away, verdict


def verify_page(found: Verification) -> str:
    """The page as HTML: verdict, table by group with its figures, what the tolerance is.

    Parameters
    ----------
    found : Verification

    Returns
    -------
    str
    """
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_PAGE).render(
        found=found,
        mode="full" if found.full else "quick",
        sections=_sections(found),
        agreement=_agreement(found),
        bad=[outcome for outcome in found.outcomes if outcome.verdict == DISAGREES],
        seconds=f"{found.seconds:,.0f}",
        versions=", ".join(f"{name} {version}" for name, version in found.versions.items()),
        parameters=", ".join(f"{name.replace('_', '-')} {value}" for name, value in found.parameters.items()),
        again=_again(found),
        style=_STYLE,
    )


def _again(found: Verification) -> str:
    """The command that gives the same numbers."""
    groups = list(dict.fromkeys(outcome.group for outcome in found.outcomes))
    words = ["viralsim verify", *([] if len(groups) == len(GROUPS) else groups)]
    words += ["--full"] if found.full else []
    words += [f"--{name.replace('_', '-')} {value}" for name, value in found.parameters.items()]
    return " ".join([*words, f"--seed {found.seed}"])


def _sections(found: Verification) -> list[dict[str, Any]]:
    """Groups in order, each with rows and figures."""
    from markupsafe import Markup

    sections: list[dict[str, Any]] = []
    for outcome in found.outcomes:
        if not sections or sections[-1]["name"] != outcome.group:
            title = GROUPS[outcome.group].title if outcome.group in GROUPS else ""
            sections.append({"name": outcome.group, "title": title, "rows": [], "figures": []})
        expected, got, away, verdict = outcome_cells(outcome)
        sections[-1]["rows"].append(
            {
                "claim": outcome.claim,
                "source": outcome.source,
                "expected": expected,
                "got": got,
                "away": away,
                "verdict": verdict,
                "class": outcome.verdict.replace(" ", "-"),
                "small": "; ".join(filter(None, (_note(outcome), _allowed(outcome)))),
            }
        )
        plot = outcome.finding.plot if outcome.finding else None
        if plot is not None:
            svg = style.svg_bytes(verify_figure(plot), plot.title, plot.caption).decode("utf-8")
            sections[-1]["figures"].append({"svg": Markup(_inline(svg)), "caption": plot.caption})
    return sections


def _note(outcome: Outcome) -> str:
    return outcome.finding.note if outcome.finding else ""


def _allowed(outcome: Outcome) -> str:
    """The allowance that counted besides standard errors, if there is one."""
    found = outcome.finding
    if found is None or found.allowance <= 4.0 * found.se or found.se == 0:
        return ""
    return f"allowed {number_text(found.allowance, 2)}: {found.why_allowed}"


def _agreement(found: Verification) -> Any:
    """The figure of all distances, or nothing if too few checks are random."""
    from markupsafe import Markup

    errors = [
        outcome.finding.errors_away
        for outcome in found.outcomes
        if outcome.finding is not None
        and outcome.finding.errors is None
        and outcome.finding.plot is None
        and outcome.finding.se > 0
        and outcome.finding.allowance <= outcome.finding.se
        and not outcome.finding.note
    ]
    if len(errors) < 10:
        return ""
    title = "How far the checks lie from theory"
    svg = style.svg_bytes(agreement_figure(errors), title, "Distances against the half-normal law")
    return Markup(_inline(svg.decode("utf-8")))


def _inline(svg: str) -> str:
    """An SVG as it stands within HTML: without the XML head, its ids its own."""
    import hashlib
    import re

    body = svg[svg.index("<svg") :]
    mark = hashlib.blake2b(body.encode("utf-8"), digest_size=4).hexdigest()
    body = re.sub(r'\bid="([^"]+)"', rf'id="v{mark}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#v{mark}-\1)", body)
    return re.sub(r'href="#([^"]+)"', rf'href="#v{mark}-\1"', body)


_STYLE = """
:root{--ink:#1c2230;--muted:#5b6472;--line:#dfe3e8;--paper:#fff;--good:#12705c;--bad:#a3123f;--none:#7a5c00}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:2rem 1.25rem 4rem;color:var(--ink);background:var(--paper);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .4rem}
h2{font-size:1.15rem;margin:2.4rem 0 .6rem;border-top:1px solid var(--line);padding-top:1.2rem}
h2 small{font-weight:400;color:var(--muted);font-size:.95rem}
.lead{font-size:1.05rem;max-width:52rem}.muted,figcaption,footer{color:var(--muted);font-size:.88rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem}
th,td{padding:.32rem .6rem .32rem 0;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}
th{color:var(--muted);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.v{white-space:nowrap;font-weight:600}td.v span{white-space:normal}
.agrees{color:var(--good)}.disagrees{color:var(--bad)}.not-computed{color:var(--none);font-weight:400}
td .small{display:block;color:var(--muted);font-size:.8rem}
.figures{display:flex;flex-wrap:wrap;gap:1.25rem;margin-top:1rem}
figure{margin:0;flex:1 1 30rem;max-width:37rem}figure svg{width:100%;height:auto;display:block}
.flag{border-left:4px solid var(--bad);padding:.4rem .9rem;background:#fbeff3}
@media (prefers-color-scheme:dark){:root{--ink:#e7eaf0;--muted:#a3adba;--line:#343c48;--paper:#14181f;--good:#5fd0b4;
--bad:#ff86ac;--none:#e6bf57}figure svg{background:#fff;border-radius:4px}.flag{background:#33202a}}
@media print{body{max-width:none;padding:0;font-size:11px}figure{break-inside:avoid}tr{break-inside:avoid}}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>viralsim verify</title>
<style>{{ style|safe }}</style>
</head>
<body>
<main>
<h1>{{ found.sentence() }}</h1>
<p class="lead">Each row is a claim about cascades whose answer follows from the model: it is computed from theory, then
simulated, and both are compared. An estimate agrees if it lies within four standard errors of the theory's
value, or, where theory is for an endless audience, within the allowance stated beside it.</p>
<p class="muted">{{ mode|capitalize }} version, seed {{ found.seed }}, {{ seconds }} s
{%- if parameters %}; changed: {{ parameters }}{% endif %}.</p>
{% if bad %}
<div class="flag"><strong>What disagrees</strong><ul>
{% for outcome in bad %}
<li>{{ outcome.group }}: {{ outcome.claim }}{% if outcome.reason %} ({{ outcome.reason }}){% endif %}</li>
{% endfor %}</ul></div>
{% endif %}
{% if agreement %}
<figure>{{ agreement }}<figcaption>Only luck should separate the two: then the points follow the line, with about
one check in twenty more than two standard errors away. Points above the line would mean that errors are
overstated, points far below it that something is wrong.</figcaption></figure>
{% endif %}
{% for section in sections %}
<section>
<h2>{{ section.name }} <small>{{ section.title }}</small></h2>
<div class="scroll"><table>
<thead><tr><th>claim</th><th class="n">expected</th><th class="n">got</th><th class="n">standard errors away</th>
<th>verdict</th><th>source</th></tr></thead>
<tbody>
{% for row in section.rows %}
<tr><td>{{ row.claim }}{% if row.small %}<span class="small">{{ row.small }}</span>{% endif %}</td>
<td class="n">{{ row.expected }}</td><td class="n">{{ row.got }}</td><td class="n">{{ row.away }}</td>
<td class="v {{ row.class }}"><span>{{ row.verdict }}</span></td><td class="muted">{{ row.source }}</td></tr>
{% endfor %}
</tbody></table></div>
{% if section.figures %}
<div class="figures">
{% for figure in section.figures %}<figure>{{ figure.svg }}<figcaption>{{ figure.caption }}</figcaption></figure>
{% endfor %}
</div>
{% endif %}
</section>
{% endfor %}
</main>
<footer><p>The same numbers again: <code>{{ again }}</code>. Made with {{ versions }}.</p></footer>
</body>
</html>
"""
