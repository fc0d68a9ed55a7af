"""From what the kernel counted of purchases and answers to what the metrics read, and the counterfactual worlds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import Compiled
from viralsim.engine.market import without_paid_sharers, without_word_of_mouth
from viralsim.engine.replicates import run_replicates
from viralsim.kernels.layout import Plan, Scratch, Tally
from viralsim.kernels.market import D_PURCHASES, N_DEALS
from viralsim.metrics.sales import Sales

__all__ = ["counterfactual_purchases", "make_sales_tallies", "sales_facts"]


def counterfactual_purchases(
    compiled: Compiled, run_keys: NDArray[np.uint64], tally: Tally, scratch: Scratch
) -> tuple[NDArray[np.int64], Scratch]:
    """Purchases of the same replicates without people paid to share, and without word of mouth.

    Parameters
    ----------
    compiled : Compiled
    run_keys : uint64[R]
    tally : Tally
        Of the world as it is: what cannot differ is taken from it.
    scratch : Scratch
        Reused; the one in use at the end is returned.

    Returns
    -------
    int64[R, 2, G], Scratch
    """
    found = np.empty((run_keys.size, 2, compiled.n_segments), np.int64)
    plan = compiled.plan
    worlds: list[Plan | None] = [
        without_paid_sharers(plan) if plan.ask_paid.any() else None,
        without_word_of_mouth(plan),
    ]
    for w, other in enumerate(worlds):
        columns = tally
        if other is not None:
            columns, scratch = run_replicates(compiled.world, other, run_keys, scratch, compiled.n_segments)
        deals = columns.deals.reshape(run_keys.size, -1, compiled.n_segments, N_DEALS)
        found[:, w] = deals[:, :, :, D_PURCHASES].sum(axis=1)
    return found, scratch


def sales_facts(compiled: Compiled) -> dict[str, float]:
    """What a draw says about money and answers, which every replicate in it shares."""
    response, value = compiled.scenario.campaign.response, compiled.scenario.value
    return {
        "repeat": float(value.repeat_purchases),
        "damping": 0.0 if response is None else float(response.damping),
    }


def make_sales_tallies(
    plain: Any,
    columns: Mapping[str, NDArray[Any]],
    per_draw: Mapping[int, Mapping[str, Any]],
    shape: tuple[int, int],
) -> Sales | None:
    """What an ensemble's metrics read, None where nothing is sold and nobody answers.

    Parameters
    ----------
    plain : resolved document
    columns : mapping of str to array
        As the kernel filled them, one row per replicate.
    per_draw : mapping of draw to facts
        See `sales_facts`.
    shape : (slots, segments)
    """
    if plain.buying is None and plain.campaign.response is None:
        return None
    replicates = columns["wait"].size
    n_slots, n_segments = shape
    draw = np.arange(replicates) % len(per_draw)
    facts = {
        name: np.array([per_draw[d][name] for d in range(len(per_draw))]) for name in ("repeat", "damping")
    }
    wait = columns["wait"]
    return Sales(
        selling=plain.buying is not None,
        answering=plain.campaign.response is not None,
        reviewing=plain.buying is not None and plain.buying.reviews is not None,
        paying=any(s.has_price for s in plain.campaign.seeding),
        deals=columns["deals"].reshape(replicates, n_slots + 1, n_segments, N_DEALS),
        lines=columns["lines"],
        wait_hours=np.where(wait >= 0, wait * float(plain.run.step), np.nan),
        without=columns.get("without", np.zeros((replicates, 0, n_segments), np.int64)),
        price=plain.value.price,
        margin=plain.value.margin,
        repeat=facts["repeat"][draw],
        damping=facts["damping"][draw],
    )
