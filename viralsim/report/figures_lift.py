"""Figure of true lift: what rules claim for each channel beside what the channel caused."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viralsim.experiment.lift import Lift
from viralsim.metrics.attribution import RULES
from viralsim.report import style
from viralsim.report.figures import Drawn
from viralsim.report.figures_time import Columns

__all__ = ["lift_caption", "lift_columns", "lift_dots", "lift_figures"]

MARKS = {"last touch": "o", "first touch": "s", "linear": "D", "shapley": "^"}
BARS = {**style.ORIGINS, "all": style.SLATE}
APART = 0.13  # between the marks of one channel


def lift_columns(found: Lift) -> Columns:
    """Channel, what each rule claims, what it caused, what is missing without it; with intervals."""
    columns: Columns = {"channel": [channel.channel for channel in found.channels] + ["all"]}
    for rule in RULES:
        claims = [channel.claimed[rule] for channel in found.channels] + [found.claimed[rule]]
        columns[f"claimed_{rule.replace(' ', '_')}"] = [claim.mean for claim in claims]
    caused = [channel.caused for channel in found.channels] + [found.lift]
    for part in ("mean", "low", "high"):
        columns[f"caused_{part}"] = [getattr(one, part) for one in caused]
    missing = [channel.missing for channel in found.channels] + [found.lift]
    for part in ("mean", "low", "high"):
        columns[f"missing_{part}"] = [getattr(one, part) for one in missing]
    return columns


def lift_caption(found: Lift) -> str:
    """What is to be seen, in words."""
    return (
        f"{found.sentence()} Marks: purchases per run that each rule of attribution claims; bars: what the channel "
        "caused, with its 95 % interval, from counterfactual worlds on shared luck."
    )


def lift_dots(found: Lift, ax: Axes | None = None) -> Figure:
    """Claims of each rule as marks, the truth as a bar with its interval, a row for each channel and for all.

    Parameters
    ----------
    found : Lift
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Figure
    """
    rows = [(c.channel, c.claimed, c.caused) for c in found.channels]
    rows = [row for row in rows if row[2].mean != 0.0 or row[1]["last touch"].mean != 0.0]
    rows.append(("all", found.claimed, found.lift))
    with style.house_style():
        figure, axis = style.new_figure(1.9 + 0.55 * len(rows), ax)
        handles = []
        for y, (name, claimed, caused) in enumerate(rows):
            bar = axis.barh(y, caused.mean, height=0.34, color=BARS[name], zorder=2)
            axis.plot(
                [caused.low, caused.high],
                [y, y],
                color=style.INK,
                lw=1.4,
                zorder=3,
                path_effects=[style.halo()],
            )
            marks = [
                axis.scatter(
                    claimed[rule].mean, y - 0.2 - APART * k, marker=MARKS[rule], s=26, facecolor="white",
                    edgecolor=style.INK, linewidth=1.3, zorder=4,
                )
                for k, rule in enumerate(RULES)
            ]  # fmt: skip
            handles = [bar, *marks]
        axis.axvline(0.0, color=style.INK, lw=0.8, zorder=1)
        axis.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axis.set_ylim(len(rows) - 0.6, -0.9)
        style.count_axis(axis, "purchases per run", "x")
        style.legend_above(axis, handles, ("caused", *RULES))
        claim, lift = found.claimed["last touch"].mean, found.lift.mean
        says = "claims more than" if claim > lift else "claims less than"
        style.headline(
            figure,
            axis,
            f"Last touch {says} the campaign caused",
            style.shortened(style.drawable(f"{found.scenario}: claims of attribution, and the truth"), 82),
            f"{found.replicates:,} runs in {found.draws:,} draws, each in eight worlds · simulated, not a forecast",
            ax is None,
        )
    return figure


def lift_figures(found: Lift) -> list[Drawn]:
    """The one figure, with what it is drawn from."""
    title = "What the channels caused, and what is claimed for them"
    return [Drawn("lift", title, lift_caption(found), lift_dots(found), lift_columns(found))]
