"""True lift beside attribution: what each channel caused, in counterfactual worlds, and what rules would claim."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import compile_draw, run_key
from viralsim.engine.counterfactual import CHANNELS, credited, purchases_by_world
from viralsim.engine.effort import Effort
from viralsim.engine.memory import graphs_that_fit
from viralsim.engine.shortages import check_run
from viralsim.errors import SpecError
from viralsim.metrics.attribution import RULES
from viralsim.metrics.columns import Floats
from viralsim.metrics.plain import finite
from viralsim.metrics.summaries import numbers_of, text_of
from viralsim.metrics.uncertainty import Summary, interval_of, summarise

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["ChannelLift", "Lift", "Overclaim", "overclaim_text", "true_lift"]

EVERYTHING, NOTHING = 7, 0
_TOGETHER = 8  # replicates run in all worlds before their touches are read


@dataclass(frozen=True, slots=True)
class Overclaim:
    """How many times what was caused a rule claims.

    Parameters
    ----------
    ratio, low, high : float
        Expected purchases claimed over expected purchases caused, with 95 % interval; NaN where it may be that none
        were caused.
    """

    ratio: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """For JSON."""
        return {name: finite(getattr(self, name)) for name in ("ratio", "low", "high")}


@dataclass(frozen=True, slots=True)
class ChannelLift:
    """One channel: what rules claim for it, and what it caused.

    Parameters
    ----------
    channel : str
        owned, paid or earned.
    claimed : dict of str to Summary
        By rule (`viralsim.metrics.attribution.RULES`): purchases per run that a report would claim.
    missing : Summary
        Purchases per run that would be missing had only this channel been switched off.
    caused : Summary
        Its part of the purchases that the campaign caused: the Shapley value over the eight worlds with some
        channels on, so that the three parts add up to the whole.
    overclaim : dict of str to Overclaim
        By rule: claimed over caused.
    """

    channel: str
    claimed: dict[str, Summary]
    missing: Summary
    caused: Summary
    overclaim: dict[str, Overclaim]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "channel": self.channel,
            "claimed": {rule: numbers_of(found) for rule, found in self.claimed.items()},
            "missing_without": numbers_of(self.missing),
            "caused": numbers_of(self.caused),
            "claimed_over_caused": {rule: found.to_dict() for rule, found in self.overclaim.items()},
        }


@dataclass(frozen=True)
class Lift:
    """What a campaign caused, channel by channel, beside what attribution would have claimed.

    Parameters
    ----------
    scenario : str
        Its name.
    channels : tuple of ChannelLift
    purchases, baseline, lift : Summary
        Per run: all purchases, those of the world without the campaign, and the difference.
    claimed : dict of str to Summary
        By rule: purchases claimed for all channels together.
    error : dict of str to Summary
        By rule: claimed minus lift.
    overclaim : dict of str to Overclaim
        By rule: claimed over lift.
    worlds : float64[8]
        Mean purchases in each world; bit k: channel k is on.
    replicates, draws, seed : int
    """

    scenario: str
    channels: tuple[ChannelLift, ...]
    purchases: Summary
    baseline: Summary
    lift: Summary
    claimed: dict[str, Summary]
    error: dict[str, Summary]
    overclaim: dict[str, Overclaim]
    worlds: Floats
    replicates: int
    draws: int
    seed: int

    def sentence(self) -> str:
        """The answer in one sentence or two."""
        lift, last = self.lift, self.claimed["last touch"]
        caused = f"The campaign caused {text_of(lift)} purchases per run"
        if lift.low <= 0.0 <= lift.high:
            return f"{caused}: it may have caused none, while last-touch attribution claims {text_of(last)}."
        ratio = last.mean / lift.mean
        if self.error["last touch"].low <= 0.0 <= self.error["last touch"].high:
            return f"{caused}; last-touch attribution claims {text_of(last)}, which cannot be told from it."
        times = f"{ratio:.3g} times as many" if ratio >= 0 else "of the wrong sign"
        return f"{caused}; last-touch attribution claims {text_of(last)}, {times}."

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "replicates": self.replicates,
            "draws": self.draws,
            "purchases": numbers_of(self.purchases),
            "baseline": numbers_of(self.baseline),
            "lift": numbers_of(self.lift),
            "claimed": {rule: numbers_of(found) for rule, found in self.claimed.items()},
            "claimed_minus_lift": {rule: numbers_of(found) for rule, found in self.error.items()},
            "claimed_over_lift": {rule: found.to_dict() for rule, found in self.overclaim.items()},
            "channels": [channel.to_dict() for channel in self.channels],
            "worlds": {world_name(w): float(mean) for w, mean in enumerate(self.worlds)},
        }


def world_name(world: int) -> str:
    """Which channels are on: ``"owned+earned"``; ``"none"`` for the world without the campaign."""
    return "+".join(name for k, name in enumerate(CHANNELS) if world >> k & 1) or "none"


def overclaim_text(found: Overclaim) -> str:
    """The ratio with its interval; a dash where it may be that nothing was caused."""
    if math.isnan(found.ratio):
        return "-"
    return f"{found.ratio:.3g} ({found.low:.3g} to {found.high:.3g})"


def true_lift(
    scenario: Scenario,
    replicates: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    fixed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Lift:
    """What each channel of a campaign caused, and what attribution rules would have claimed for it.

    Every replicate is run in eight worlds, with each set of owned, paid and earned media switched on, on the same
    people, networks and luck; so the lift is a difference person by person, not an estimate from a model of paths.
    In the world with everything on, what buyers had noticed is recorded and credited by each rule.

    Parameters
    ----------
    scenario : Scenario
        With `buying`.
    replicates, draws, seed, threads, fixed
        As in `viralsim.simulate`.
    progress : callable, optional
        Gets (replicates done, all).

    Returns
    -------
    Lift

    Raises
    ------
    SpecError
        If nothing is sold in the scenario, or an argument cannot be used.

    Examples
    --------
    >>> import viralsim as vs
    >>> found = vs.true_lift(vs.load_scenario("referral-programme"), replicates=4, draws=2, seed=1)
    >>> parts = sum(channel.caused.mean for channel in found.channels)
    >>> bool(abs(parts - found.lift.mean) < 1e-9)
    True
    """
    if scenario.document.buying is None:
        raise SpecError(
            "buying: nothing is sold in this scenario, so no purchase can be caused; write buying: {convert_prob, ...}"
        )
    effort = Effort.of(scenario, replicates, draws, seed, threads, fixed)
    graphs = graphs_that_fit(scenario, effort)
    check_run(scenario, effort, graphs)
    bought = np.empty((effort.replicates, 8), np.int64)
    claims = np.empty((effort.replicates, len(RULES), len(CHANNELS) + 1))
    done = [0] * effort.draws

    def run(draw: int) -> None:
        compiled = compile_draw(scenario, effort.seed, draw, graphs, fixed)
        rows = np.arange(draw, effort.replicates, effort.draws)
        for start in range(0, rows.size, _TOGETHER):
            part = rows[start : start + _TOGETHER]
            keys = np.array([run_key(effort.seed, draw, int(r)) for r in part], np.uint64)
            bought[part], _ = purchases_by_world(compiled, keys)
            for r, found in zip(part, credited(compiled, keys), strict=True):
                claims[r] = found
                done[draw] += 1
                if progress is not None:
                    progress(sum(done), effort.replicates)

    with ThreadPoolExecutor(min(effort.threads, effort.draws)) as pool:
        try:
            for future in [pool.submit(run, draw) for draw in range(effort.draws)]:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # draws that have not begun never do
            raise
    dealt = np.arange(effort.replicates) % effort.draws
    return _lift(scenario.name, bought.astype(float), claims, dealt, effort.seed)


def _lift(name: str, bought: Floats, claims: Floats, draw: NDArray[np.int64], seed: int) -> Lift:
    """Put the columns together.

    Parameters
    ----------
    bought : float64[R, 8]
    claims : float64[R, 4, 4]
    draw : int64[R]
    """

    def known(values: Floats, floor: float | None = None) -> Summary:
        return summarise(values, draw, floor)

    lift = bought[:, EVERYTHING] - bought[:, NOTHING]
    by_rule = dict(zip(RULES, np.moveaxis(claims[:, :, : len(CHANNELS)], 1, 0), strict=True))
    channels = tuple(
        ChannelLift(
            channel,
            {rule: known(found[:, k], 0.0) for rule, found in by_rule.items()},
            known(bought[:, EVERYTHING] - bought[:, EVERYTHING ^ 1 << k]),
            known(shapley_value(bought, k)),
            {
                rule: _overclaim(found[:, k], shapley_value(bought, k), draw)
                for rule, found in by_rule.items()
            },
        )
        for k, channel in enumerate(CHANNELS)
    )
    return Lift(
        name,
        channels,
        known(bought[:, EVERYTHING], 0.0),
        known(bought[:, NOTHING], 0.0),
        known(lift),
        {rule: known(found.sum(axis=1), 0.0) for rule, found in by_rule.items()},
        {rule: known(found.sum(axis=1) - lift) for rule, found in by_rule.items()},
        {rule: _overclaim(found.sum(axis=1), lift, draw) for rule, found in by_rule.items()},
        bought.mean(axis=0),
        draw.size,
        int(draw.max()) + 1,
        seed,
    )


def _overclaim(claimed: Floats, caused: Floats, draw: NDArray[np.int64]) -> Overclaim:
    """Claimed over caused, a ratio of sums (Cochran 1977, section 6.3)."""
    known = summarise(caused, draw)
    if not (known.low > 0.0 or known.high < 0.0):
        return Overclaim(math.nan, math.nan, math.nan)
    mean = float(caused.mean())
    ratio = float(claimed.mean()) / mean
    interval = interval_of(ratio, (claimed - ratio * caused) / mean, draw)
    return Overclaim(ratio, interval.low, interval.high)


def shapley_value(worth: Floats, player: int) -> Floats:
    """Shapley value of one of three players, game by game.

    Parameters
    ----------
    worth : float64[R, 8]
        Worth of each coalition; bit k: player k is in it.
    player : int

    Returns
    -------
    float64[R]
        Mean over the six orders of joining of what the player adds (Shapley 1953).

    Examples
    --------
    Two gloves make a pair; player 0 has the left, 1 and 2 a right one each:

    >>> import numpy as np
    >>> pairs = np.array([[0, 0, 0, 1, 0, 1, 0, 1.0]])
    >>> [round(float(shapley_value(pairs, k)[0]), 3) for k in range(3)]
    [0.667, 0.167, 0.167]
    """
    bit = 1 << player
    weight = (1 / 3, 1 / 6, 1 / 3)  # by the number of others already there
    total = np.zeros(worth.shape[0])
    for world in range(8):
        if not world & bit:
            total += weight[world.bit_count()] * (worth[:, world | bit] - worth[:, world])
    return total
