"""One replicate run again with recording on, and what it recorded as a Trace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viralsim.engine.compiled import Compiled
from viralsim.engine.replicates import Events, last_events, last_touches, run_replicates
from viralsim.engine.touches import Touches, make_touches, own_shares, share_rows
from viralsim.engine.trace import Trace
from viralsim.kernels import layout as lay

__all__ = ["make_trace", "record_trace"]

_FIRST_TOUCHES = 65_536  # rows of the record at first; it grows


def record_trace(compiled: Compiled, key: int, replicate: int) -> Trace:
    """Run the replicate with this run key once more, and record who shared, who noticed what and who bought."""
    market = compiled.plan.market._replace(counting=True)  # so that what is noticed can be recorded
    _, scratch = run_replicates(
        compiled.world,
        compiled.plan._replace(market=market),
        np.array([key], np.uint64),
        n_segments=compiled.n_segments,
        touches=_FIRST_TOUCHES,
    )
    touches = make_touches(compiled, last_events(scratch), *last_touches(scratch))
    return make_trace(compiled, last_events(scratch), replicate, touches)


def make_trace(compiled: Compiled, events: Events, replicate: int, touches: Touches | None = None) -> Trace:
    """The shares among `events` as a Trace."""
    rival = compiled.plan.reaching.rival
    shares = own_shares(events, rival)
    row = np.append(share_rows(events, rival), -1)  # the last entry serves cause -1
    slots = np.array(compiled.slots, np.int64).reshape(-1, 2)[events.slot[shares]]
    person = events.who[shares]
    return Trace(
        person=person,
        person_key=compiled.world.person_key[person],
        parent=row[events.cause[shares]],
        hour=np.asarray(events.step[shares] * float(compiled.scenario.run.step), np.float64),
        platform_idx=slots[:, 1],
        item_idx=slots[:, 0],
        generation=_generations(events.parents)[events.node[shares]],
        asked=events.kind[shares] == lay.KIND_ASKED,
        copy=events.kind[shares] == lay.KIND_COPY,
        polarity=events.polarity[shares],
        platforms=tuple(compiled.scenario.platforms),
        items=tuple(item.id for item in compiled.scenario.items),
        replicate=replicate,
        touches=touches,
    )


def _generations(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Steps from each node of a forest up to its root (`parents`: -1 for a root)."""
    generation, above = np.zeros(parents.size, np.int64), parents
    while (above >= 0).any():
        generation += above >= 0
        above = np.where(above >= 0, parents[above], -1)
    return generation
