"""What the kernel is given and works in beyond posts and shares: deliveries and their counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viralsim.kernels.bundles import by_reference

Array = NDArray  # dtypes are stated per field


@by_reference
class Reaching(NamedTuple):
    """Deliveries of one draw: what shows an item to chosen people. D deliveries, at most 255."""

    slot: Array  # int64[D]
    number: Array  # uint64[D], among those of its slot; 2^63: discovery
    discovery: Array  # uint8[D]
    first: Array  # int64[D + 1], positions in `people`
    people: Array  # int32[candidates of all deliveries], in keyed order
    begin: Array  # int64[D], first step; -1: not yet known
    end: Array  # int64[D], step before which it ends; of discovery: steps of a wave
    displays: Array  # int64[D], to be shown; of discovery: in the first wave
    cap: Array  # int64[D], displays per person, at most 255
    pace: Array  # float64[D], most displays per candidate and step at mean activity; 0: even
    share: Array  # float64[D], factor of the exposure hazard
    price: Array  # float64[D], US$ per display
    benchmark: Array  # float64[D], engagements per display; discovery
    growth: Array  # float64[D], largest factor from wave to wave; discovery
    private_q: Array  # uint64[S], 2^32 x part of shares that are private; shape (0,) if none anywhere
    private_shown_q: Array  # uint64[S], 2^32 x chance that one of the closest is shown it
    private_most: Array  # int64[S], 1 to MOST_CLOSEST
    like_shown: Array  # float64[S], chance that a like is shown to a follower; shape (0,) if nowhere above 0
    comment_shown: Array  # float64[S]
    trigger: Array  # float64[D], engagement rate from which a waiting flight runs; 0: it does not wait
    least: Array  # int64[D], impressions before a waiting flight looks
    rule_step: Array  # int64[M], step from which the budget is moved to the best item
    rule_least: Array  # int64[M], impressions an item must have
    event_step: Array  # int64[E]
    event_platform: Array  # int64[E]
    event_reach: Array  # float64[E], factor of organic reach
    event_visibility: Array  # float64[E], factor of peer visibility
    visible: (
        Array  # float64[S, 3], visible counts: strength (0: none), reference, most; shape (0, 3): nowhere
    )
    rival: Array  # uint8[S], 1: a competitor's; shape (0,) if none is
    fans: Array  # int64[S], which list of `World.fans`; shape (0,): the platform's
    asked: Array  # float64[asks, 2], factors of likes and comments, of clicks and shares; shape (0, 2): all 1
    follow_q: Array  # uint64[S, 4], 2^32 x chances to follow or leave, columns F_*; shape (0, 4): nobody does
    patience: Array  # int64[P, T], displays of the brand's from which a follower may tire; shape (0, 0): nobody does


@by_reference
class ReachingWork(NamedTuple):
    """One thread's working memory for `Reaching`."""

    people: Array  # int32[candidates], the first `room` of each delivery are open
    times: Array  # uint8[candidates], displays so far, beside `people`
    room: Array  # int64[D]
    bought: Array  # int64[D], displays so far
    planned: Array  # int64[D]
    base: Array  # int64[D, 2]: bought, and step, when the plan was last changed
    begin: Array  # int64[D], -1: not yet
    end: Array  # int64[D]
    drawn: Array  # uint64[D], words used
    source: Array  # int64[D], event whose displays discovery goes on with, -1: none yet
    wave: Array  # int64[D, 2]: displays and engagements of the present wave
    key: Array  # uint64[D, 2]: choice, view
    counts: Array  # int64[S x G x N_EXTRA]
    private_key: Array  # uint64[S]
    reach: Array  # float64[S], organic reach now
    visibility: Array  # float64[S], peer visibility now
    like_q: Array  # uint64[S], chance of a like now, in 2^-32
    proof: Array  # float64[S], factor of the exposure hazard now, by visible counts
    own: Array  # uint64[S], 1: the brand's, 0: a competitor's
    closest: Array  # uint64[MOST_CLOSEST, 3]: position, tie, word of the best so far
    fan: (
        Array  # uint8[n], bit p: follows the brand on platform p now; no entry where nobody follows or leaves
    )
    listed: Array  # uint8[n], bit p: among `World.fans` or `joined`
    joined: Array  # int32[P, n], people who began to follow, the first `joined_count` of each row
    joined_count: Array  # int64[P]
    notes: Array  # uint64[capacity, 2], of this step: person, slot 8, kind 8; word
    note_next: Array  # int32[capacity]
    note_head: Array  # int32[n], last note of a person, -1: none
    note_count: Array  # int64[1]
    follow_key: Array  # uint64[1]


MAX_DELIVERIES = 255
MOST_DISPLAYS = 2_000_000_000  # of one flight; the pacing multiplies it with clock units
DISCOVERY_NUMBER = 1 << 63
BOOST_NUMBER = 1 << 62
MOST_CLOSEST = 3
ECHO_WORD = 1 << 63
P_CHOICE, P_DELIVERY_VIEW, P_DISCOVERY_ORDER, P_PRIVATE = 40, 41, 42, 43
P_FOLLOW = 50

# Further counts by slot and segment (viralsim.metrics.tallies.EXTRA)
X_DISCOVERY, X_DARK, X_ECHO, X_PRIVATE, X_WON, X_LOST = range(6)
N_EXTRA = 6

F_CLICK, F_NOTICE, F_NEGATIVE, F_TIRED = range(4)  # columns of `Reaching.follow_q`
NOTE_WON, NOTE_LOST, NOTE_TIRED = range(3)

# Event word, above node, slot, origin, peer and polarity
ECHOED_SHIFT = 48  # item word, above the score: by platform, liked (8) and commented (8) where others see it
EVENT_DISCOVERY_SHIFT, EVENT_DARK_SHIFT, EVENT_ECHO_SHIFT, EVENT_DELIVERY_SHIFT = 45, 46, 47, 48
EVENT_INFLUENCER_SHIFT = (
    56  # published by somebody asked whose displays have factors; the cause is then -2 - ask
)

KIND_AD, KIND_DISCOVERY, KIND_LIKE, KIND_COMMENT, KIND_PRIVATE = 4, 5, 6, 7, 8  # beside layout.KIND_*


def no_reaching() -> Reaching:
    """Nothing beyond posts and shares."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Reaching(
        slot=whole,
        number=np.zeros(0, np.uint64),
        discovery=np.zeros(0, np.uint8),
        first=np.zeros(1, np.int64),
        people=np.zeros(0, np.int32),
        begin=whole,
        end=whole,
        displays=whole,
        cap=whole,
        pace=real,
        share=real,
        price=real,
        benchmark=real,
        growth=real,
        private_q=np.zeros(0, np.uint64),
        private_shown_q=np.zeros(0, np.uint64),
        private_most=whole,
        like_shown=real,
        comment_shown=real,
        trigger=real,
        least=whole,
        rule_step=whole,
        rule_least=whole,
        event_step=whole,
        event_platform=whole,
        event_reach=real,
        event_visibility=real,
        visible=np.zeros((0, 3)),
        rival=np.zeros(0, np.uint8),
        fans=whole,
        asked=np.zeros((0, 2)),
        follow_q=np.zeros((0, 4), np.uint64),
        patience=np.zeros((0, 0), np.int64),
    )


def make_work(
    reaching: Reaching, n_slots: int, n_segments: int, n_people: int, n_platforms: int, n_notes: int
) -> ReachingWork:
    """Working memory for what goes beyond posts and shares; lists of followers where they are won and lost."""
    cells = n_slots * n_segments
    size = reaching.slot.size
    n, notes = (n_people, n_notes) if reaching.follow_q.size else (0, 0)
    return ReachingWork(
        people=reaching.people.copy(),
        times=np.zeros(reaching.people.size, np.uint8),
        room=np.zeros(size, np.int64),
        bought=np.zeros(size, np.int64),
        planned=np.zeros(size, np.int64),
        base=np.zeros((size, 2), np.int64),
        begin=np.zeros(size, np.int64),
        end=np.zeros(size, np.int64),
        drawn=np.zeros(size, np.uint64),
        source=np.zeros(size, np.int64),
        wave=np.zeros((size, 2), np.int64),
        key=np.zeros((size, 2), np.uint64),
        counts=np.zeros(cells * N_EXTRA, np.int64),
        private_key=np.zeros(n_slots, np.uint64),
        reach=np.zeros(n_slots),
        visibility=np.zeros(n_slots),
        like_q=np.zeros(n_slots, np.uint64),
        proof=np.ones(n_slots),
        own=np.ones(n_slots, np.uint64),
        closest=np.zeros((MOST_CLOSEST, 3), np.uint64),
        fan=np.zeros(n, np.uint8),
        listed=np.zeros(n, np.uint8),
        joined=np.zeros((n_platforms, n), np.int32),
        joined_count=np.zeros(n_platforms, np.int64),
        notes=np.zeros((notes, 2), np.uint64),
        note_next=np.zeros(notes, np.int32),
        note_head=np.full(n, -1, np.int32),
        note_count=np.zeros(1, np.int64),
        follow_key=np.zeros(1, np.uint64),
    )
