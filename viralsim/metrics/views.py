"""What the tallies say about a part of a run: all of it, a segment, a platform or an item."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.errors import SpecError
from viralsim.metrics.columns import Floats
from viralsim.metrics.sales import LINES, reputation_curve
from viralsim.metrics.tallies import COUNTS, EXTRA, PEOPLE, TREES, Tallies
from viralsim.spec.problems import allowed_names

__all__ = ["CURVES", "PARTS", "View", "asked_curve", "curve", "curve_names", "part_names"]

PARTS = ("segment", "platform", "item")
"""What a run can be split by."""

CURVES = ("impressions", "impressions_owned", "impressions_paid", "impressions_earned", "reach", "shares")
"""Names of the curves over time."""

_CURVE_ROWS = {
    "impressions": (0, 1, 2),
    "impressions_owned": (0,),
    "impressions_paid": (1,),
    "impressions_earned": (2,),
    "shares": (3,),
    "reach": (4,),
}
_SALES_CURVES = (*LINES, "reputation")


def curve_names(tallies: Tallies) -> tuple[str, ...]:
    """Names of the curves these tallies define."""
    return CURVES if tallies.sales is None else (*CURVES, *_SALES_CURVES)


def _sales_curve(tallies: Tallies, name: str) -> NDArray[Any]:
    """A curve of purchases, mentions, answers or reputation, of all of the run."""
    if tallies.sales is None:
        raise SpecError(f"curve: {name!r} is not defined by this scenario, which sells and answers nothing")
    if name == "reputation":
        return reputation_curve(tallies.sales)
    return np.asarray(tallies.sales.lines[:, LINES.index(name)])


@dataclass(frozen=True, slots=True)
class View:
    """Tallies seen through one part; every method gives float64[R], one number per replicate.

    Parameters
    ----------
    tallies : Tallies
    kind : str
        "all", or one of `PARTS`.
    index : int
        Which segment, platform or item; without meaning for "all".
    """

    tallies: Tallies
    kind: str = "all"
    index: int = 0

    def slots(self) -> list[int]:
        """Positions of the slots that belong to this part."""
        slots = self.tallies.slots
        own = own_slots(self.tallies)
        if self.kind == "item":
            return [s for s, (item, _) in enumerate(slots) if item == self.index]
        if self.kind == "platform":
            return [s for s, (_, platform) in enumerate(slots) if platform == self.index and s in own]
        return own

    def segments(self) -> slice:
        """Segments that belong to this part."""
        return slice(self.index, self.index + 1) if self.kind == "segment" else slice(None)

    def count(self, *names: str) -> Floats:
        """Sum of the named event counts (see `viralsim.metrics.tallies.COUNTS`)."""
        return self._counted(self.slots(), names)

    def extra(self, name: str) -> Floats:
        """Sum of one of the further counts (see `viralsim.metrics.tallies.EXTRA`); 0 if there are none."""
        reaching = self.tallies.reaching
        if reaching is None:
            return np.zeros(self.tallies.draw.size)
        cells = reaching.counts[:, self.slots()][:, :, self.segments()]
        return np.asarray(cells[:, :, :, EXTRA.index(name)].sum(axis=(1, 2)), dtype=np.float64)

    def count_of_all_brands(self, *names: str) -> Floats:
        """Sum of the named event counts over the brand's and the competitors' items, of this part."""
        slots = [
            s
            for s, (_, platform) in enumerate(self.tallies.slots)
            if self.kind != "platform" or platform == self.index
        ]
        return self._counted(slots, names)

    def _counted(self, slots: list[int], names: tuple[str, ...]) -> Floats:
        """Sum of the named event counts over some slots and the segments of this part."""
        cells = self.tallies.counts[:, slots][:, :, self.segments()]
        columns = [COUNTS.index(name) for name in names]
        return np.asarray(cells[:, :, :, columns].sum(axis=(1, 2, 3)), dtype=np.float64)

    def people_outside(self, segments: tuple[bool, ...]) -> Floats:
        """People reached in the segments not named; all of the run only."""
        outside = ~np.array(segments, np.bool_)
        cells = self.tallies.people[:, PEOPLE.index("reached"), 0][:, outside]
        return np.asarray(cells.sum(axis=1), dtype=np.float64)

    def paid_cost(self) -> Floats:
        """What paid flights cost, US$ (displays shown x price of each draw), and working time; all of the run only."""
        reaching = self.tallies.reaching
        if reaching is None:
            return np.zeros(self.tallies.draw.size)
        prices = reaching.prices[self.tallies.draw]
        certain, each = reaching.staff
        running = ((reaching.delivered > 0) & (prices > 0.0)).sum(axis=1)
        return np.asarray((reaching.delivered * prices).sum(axis=1) + certain + each * running, np.float64)

    def shown_by_paid_people(self) -> Floats:
        """Paid impressions that no flight bought: what paid people's own shares showed; all of the run only."""
        shown, reaching = self.count("impressions_paid"), self.tallies.reaching
        if reaching is None:
            return shown
        bought = np.where(reaching.prices[self.tallies.draw] > 0.0, reaching.delivered, 0)
        return np.asarray(shown - bought.sum(axis=1), np.float64)

    def people(self, measure: str) -> Floats:
        """Distinct people (see `viralsim.metrics.tallies.PEOPLE`), each counted once in this part."""
        scope = 0
        if self.kind == "item":
            scope = 1 + self.index
        elif self.kind == "platform":
            scope = 1 + len(self.tallies.items) + self.index
        return self._scopes(measure, [scope])

    def most_people(self) -> float:
        """The largest expected number of distinct people in this part.

        The audience; of a segment, whose people are drawn anew in each draw, 4 standard errors above their mean.
        """
        whole = float(self.tallies.people_by_segment.sum(axis=1).max())
        sizes = self.tallies.people_by_segment[:, self.segments()].sum(axis=1)
        if self.kind != "segment" or sizes.size == 1:
            return float(sizes.max())
        mean = float(sizes.mean())
        error = math.sqrt(mean * max(1.0 - mean / whole, 0.0) / sizes.size) if whole else 0.0
        return min(mean + 4.0 * error, whole)

    def most_accounts(self) -> float:
        """The same of accounts reached: people times the platforms of this part."""
        platforms = {self.tallies.slots[s][1] for s in self.slots()} if self.kind == "item" else ()
        number = 1 if self.kind == "platform" else len(platforms or self.tallies.platforms)
        return number * self.most_people()

    def most_shares(self) -> float:
        """The same of shares, of which a person makes one per item and platform."""
        return len(self.slots()) * self.most_people()

    def accounts_reached(self) -> Floats:
        """Accounts reached: people per platform, not de-duplicated across platforms."""
        first_platform = 1 + len(self.tallies.items)
        n_platforms = len(self.tallies.platforms)
        if self.kind == "item":
            return self._scopes("reached", [first_platform + n_platforms + s for s in self.slots()])
        if self.kind == "platform":
            return self.people("reached")
        return self._scopes("reached", [first_platform + p for p in range(n_platforms)])

    def _scopes(self, measure: str, scopes: list[int]) -> Floats:
        """Sum over scopes and the segments of this part."""
        cells = self.tallies.people[:, PEOPLE.index(measure), scopes, self.segments()]
        return np.asarray(cells.sum(axis=(1, 2)), dtype=np.float64)

    def followers(self) -> Floats:
        """The brand's followers (on this platform, else on all), the same in every replicate."""
        counts = self.tallies.brand_followers
        total = counts[self.index] if self.kind == "platform" else counts.sum()
        return np.full(self.tallies.draw.size, float(total))

    def tree(self, name: str) -> Floats:
        """A sum or maximum over share trees (see `viralsim.metrics.tallies.TREES`); all of the run only."""
        return np.asarray(self.tallies.trees[:, TREES.index(name)], dtype=np.float64)

    def sharers_of_generations(self, first: int, last: int) -> Floats:
        """Sharing people of generations `first` to `last`, both included; all of the run only."""
        return np.asarray(self.tallies.generations[:, first : last + 1].sum(axis=1), dtype=np.float64)

    def people_excluded(self) -> Floats:
        """People without an account on any platform in use, of the draw each replicate lives in."""
        by_draw = self.tallies.excluded_by_segment[:, self.segments()].sum(axis=1)
        return np.asarray(by_draw[self.tallies.draw], dtype=np.float64)

    def curve(self, name: str) -> NDArray[np.int64]:
        """int64[R, B]: events per bin of time (see `CURVES`), over the slots of this part."""
        return curve(self.tallies, name, self.slots())


def curve(tallies: Tallies, name: str, slots: list[int] | None = None) -> NDArray[np.int64]:
    """Events per bin of time, per replicate.

    Parameters
    ----------
    tallies : Tallies
    name : str
        One of `CURVES`; "reach" counts the people first reached in the bin.
    slots : list of int, optional
        Positions of the slots to add up; all of the brand's by default.

    Returns
    -------
    int64[R, B]
    """
    if name in _SALES_CURVES:
        return _sales_curve(tallies, name)
    rows = tallies.curves[:, list(_CURVE_ROWS[name])]
    rows = rows[:, :, own_slots(tallies) if slots is None else slots]
    return np.asarray(rows.sum(axis=(1, 2)), dtype=np.int64)


def asked_curve(tallies: Tallies, name: str, cumulative: bool | None = None) -> NDArray[np.int64]:
    """A curve by its name, counts within each bin or up to its end: see `Ensemble.curve`.

    Raises
    ------
    SpecError
        If there is no such curve.
    """
    names = curve_names(tallies)
    if name not in names:
        raise SpecError(f"curve: there is no {name!r}; {allowed_names(name, names)}")
    counts = curve(tallies, name)
    if name == "reputation":  # it is a state, not a count
        return counts
    add_up = name == "reach" if cumulative is None else cumulative
    return np.cumsum(counts, axis=1) if add_up else counts


def own_slots(tallies: Tallies) -> list[int]:
    """Positions of the slots of the brand's own items."""
    rival = tallies.reaching.rival if tallies.reaching is not None else ()
    return [s for s in range(len(tallies.slots)) if not (rival and rival[s])]


def part_names(tallies: Tallies, kind: str) -> tuple[str, ...]:
    """Names of the segments, platforms or items."""
    return {"segment": tallies.segments, "platform": tallies.platforms, "item": tallies.items}[kind]
