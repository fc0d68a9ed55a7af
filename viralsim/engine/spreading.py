"""Expected sharing of one item in a fresh audience, generation by generation (docs/model.md, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from viralsim.engine.compiled import Compiled
from viralsim.kernels import layout as lay
from viralsim.kernels.returning import out_and_back

__all__ = ["BySlot", "Published", "Spread"]

BySlot = dict[int, NDArray[np.float64]]
"""An expected number for each person, by slot."""

_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Published:
    """Expected publications of each person, by slot: shown to all followers, or sent to the closest."""

    public: BySlot
    private: BySlot

    def with_asked(self, asked: BySlot) -> Published:
        """The same and what people asked publish."""
        return Published({s: x + asked[s] for s, x in self.public.items()}, self.private)


class Spread:
    """Expected sharing of one item, over all its platforms.

    Parameters
    ----------
    compiled : Compiled
    item : int
        Position of the item.
    """

    def __init__(self, compiled: Compiled, item: int):
        world, plan = compiled.world, compiled.plan
        self.compiled, self.item = compiled, item
        self.slots = [s for s, (i, _) in enumerate(compiled.slots) if i == item]
        self.noticed = world.notice_q[:, item] / 2.0**31
        self.activity = world.activity.astype(np.float64)
        if world.share_scale.shape[1]:
            self.activity = self.activity * world.share_scale[item]
        self.negative = float(plan.negative_q[item, 127] / 2.0**32)
        self.first = first = float(plan.response[item, 1]) if plan.influence else 0.0
        self.after_post = {s: self.noticed * self.share_chance(plan.hazard_post[s]) for s in self.slots}
        self.after_friend = {
            s: self.noticed * self.share_chance(plan.hazard_friend[s] * first) for s in self.slots
        }
        self.shown = {s: self._shown_matrix(s) for s in self.slots}
        self.displays = {s: shown @ np.ones(shown.shape[1]) for s, shown in self.shown.items()}
        self.account = {s: (world.account >> np.uint8(plan.slot_platform[s])) & 1 for s in self.slots}
        self._make_private()
        self._make_echoes()

    def share_chance(self, hazard: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance that each person shares after one noticed display of this hazard (float64[n])."""
        likely = -np.expm1(-hazard / lay.HAZARD_UNIT * self.activity)
        multiplier = self.compiled.plan.negative_share[self.item]
        if self.negative == 0.0 or multiplier == 1.0:
            return np.asarray(likely)
        unlikely = -np.expm1(-hazard * multiplier / lay.HAZARD_UNIT * self.activity)
        return np.asarray((1.0 - self.negative) * likely + self.negative * unlikely)

    def _shown_matrix(self, slot: int) -> sparse.csr_array:
        """Probability that a share by u is shown to v, as a sparse matrix (n, n)."""
        world, plan = self.compiled.world, self.compiled.plan
        p = int(plan.slot_platform[slot])
        start, stop = int(world.indptr[p, 0]), int(world.indptr[p, -1])
        viewers = world.followers[start:stop]
        shown = np.full(stop - start, plan.visibility[slot], np.float32)
        if plan.ranked[slot]:
            if world.rank_scale.shape[1]:
                shown *= world.rank_scale[self.item, viewers].astype(np.float32)
            tie = world.tie[start:stop] if world.tie.size else np.full(stop - start, 128, np.uint8)
            shown = np.minimum(shown * plan.tie_rank[p, tie].astype(np.float32), 1.0)
        n = world.person_key.size
        matrix = sparse.csr_array((shown, viewers, world.indptr[p] - start), shape=(n, n))
        return matrix if matrix.has_sorted_indices else matrix.sorted_indices()

    # ---------------------------------------------------------------------------- private shares and echoes

    def _make_private(self) -> None:
        """Part of shares that are private, and who is shown them, by slot where there are any."""
        reaching = self.compiled.plan.reaching
        self.private_part: dict[int, float] = {}
        self.closest: dict[int, sparse.csr_array] = {}
        for s in self.slots:
            part = float(reaching.private_q[s]) / 2.0**32 if reaching.private_q.size else 0.0
            if part > 0.0:
                self.private_part[s] = part
                self.closest[s] = self._closest_matrix(s)

    def _closest_matrix(self, slot: int) -> sparse.csr_array:
        """Probability that a private share by u is shown to v: one to `most` of the closest, equal ones alike."""
        world, plan = self.compiled.world, self.compiled.plan
        p = int(plan.slot_platform[slot])
        start, stop = int(world.indptr[p, 0]), int(world.indptr[p, -1])
        begins = world.indptr[p] - start
        tie = world.tie[start:stop].astype(np.int16) if world.tie.size else np.zeros(stop - start, np.int16)
        row = np.repeat(np.arange(begins.size - 1), np.diff(begins))
        order = np.lexsort((-tie, row))
        most = int(plan.reaching.private_most[slot])
        rank = np.arange(order.size) - begins[row[order]]
        sent = np.maximum(most - rank, 0) / most  # 1 to `most` people, each number equally likely
        begin = np.ones(order.size, bool)  # of a group of followers equally close
        begin[1:] = (np.diff(row[order]) != 0) | (np.diff(tie[order]) != 0)
        group = np.cumsum(begin) - 1
        sent = (np.bincount(group, sent) / np.bincount(group))[group] if sent.size else sent
        shown = np.empty(order.size, np.float32)
        shown[order] = sent * (float(plan.reaching.private_shown_q[slot]) / 2.0**32)
        n = world.person_key.size
        matrix = sparse.csr_array((shown, world.followers[start:stop], begins), shape=(n, n))
        return matrix if matrix.has_sorted_indices else matrix.sorted_indices()

    def _make_echoes(self) -> None:
        """Chance to like and to comment after a display, and what that shows, by slot where it shows anything."""
        plan = self.compiled.plan
        self.acts: dict[int, list[tuple[NDArray[np.float64], float]]] = {}
        self.follows: dict[int, sparse.csr_array] = {}
        for s in self.slots:
            if not plan.reaching.like_shown.size:
                continue
            liking = (1.0 - self.negative) * float(plan.like_q[s]) / 2.0**32
            commenting = float(plan.comment_q[s]) / 2.0**32
            shown = (float(plan.reaching.like_shown[s]), float(plan.reaching.comment_shown[s]))
            acts = [(self.noticed * p, v) for p, v in zip((liking, commenting), shown, strict=True) if p * v]
            if acts:
                matrix = self.shown[s]
                ones = np.ones(matrix.data.size, np.float32)
                self.acts[s] = acts
                self.follows[s] = sparse.csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
        self.acting = {s: self.echo_rate(s, [1.0] * len(acts)) for s, acts in self.acts.items()}
        self.endless = any(self._echo_growth(s) >= 1.0 for s in self.acting)
        if self.endless:  # likes alone would go round for ever: nothing else is computed with them
            self.acts, self.acting = {}, {}

    def _echo_growth(self, slot: int) -> float:
        """Likes and comments, weighted by whom they show, that one of them brings about in the long run."""
        state, rate = self.acting[slot] + 1e-300, 0.0
        for _ in range(_ROUNDS):
            state = (self.follows[slot].T @ (state / state.sum())) * self.acting[slot]
            new = float(state.sum())
            if abs(new - rate) <= 1e-6 * new or new <= 1e-280:
                return new
            rate = new
        return rate

    def echo_rate(self, slot: int, fresh: list[NDArray[np.float64] | float]) -> NDArray[np.float64]:
        """Expected displays per follower by the likes and comments after one display; `fresh`: who can still act."""
        rates = [chance * shown * left for (chance, shown), left in zip(self.acts[slot], fresh, strict=True)]
        return np.asarray(np.sum(rates, axis=0, dtype=np.float64))

    def echoed(self, seen: BySlot, acting: BySlot) -> BySlot:
        """Expected displays by likes and comments after these displays, and after those displays in turn."""
        out = {}
        for s, rate in acting.items():
            now, total = np.asarray(seen[s], np.float64), np.zeros(self.noticed.size)
            for _ in range(_ROUNDS):
                now = self.follows[s].T @ (now * rate)
                total += now
                if now.sum() <= 1e-9 * total.sum():
                    break
            out[s] = total
        return out

    # --------------------------------------------------------------------------------------- generations

    def publish(self, own: BySlot) -> Published:
        """Expected publications: own shares, in public or private, and copies of the public ones."""
        plan = self.compiled.plan
        private = {s: part * own[s] for s, part in self.private_part.items()}
        open_shares = {s: x - private[s] if s in private else x.copy() for s, x in own.items()}
        public = {s: x.copy() for s, x in open_shares.items()}
        for s in self.slots:
            copy = plan.copy_q[s] / 2.0**32
            if copy > 0:
                for target in self.slots:
                    if target != s:
                        public[target] += copy * open_shares[s] * self.account[target]
        return Published(public, private)

    def caused(self, published: Published, acting: BySlot) -> BySlot:
        """Expected new sharers by slot that these publications cause, over likes and comments too."""
        seen = {s: self.shown[s].T @ x for s, x in published.public.items()}
        out = {s: x * self.after_friend[s] for s, x in seen.items()}
        for s, x in published.private.items():
            out[s] += (self.closest[s].T @ x) * self.after_friend[s]
        for s, x in self.echoed(seen, acting).items():
            out[s] += x * self.after_post[s]
        return out

    def returned(self, published: Published) -> BySlot:
        """Expected shares that come back, over one person caused, to somebody who published, by slot.

        Whoever published has shared already: `caused` twice counts them again, wherever following is mutual.
        """
        plan, out = self.compiled.plan, {}
        for target in self.slots:
            total = np.zeros(self.noticed.size)
            for s in self.slots:
                passed = self.after_friend[s]
                open_part = 1.0 - self.private_part.get(s, 0.0)
                back: NDArray[Any] = self.shown[target].data * np.float32(open_part)
                if s != target:
                    passed = passed * (plan.copy_q[s] / 2.0**32) * self.account[target]
                elif s in self.closest:
                    back = back + self.closest[s].data * np.float32(self.private_part[s])
                for way, start in self._ways(s, published):
                    self._there_and_back(way, self.shown[target], back, start, passed, total)
            out[target] = total * self.after_friend[target]
        return out

    def echoed_back(self, published: Published, acting: BySlot) -> BySlot:
        """Expected shares of those who published because a follower's like or comment showed it to them again."""
        out = {s: np.zeros(self.noticed.size) for s in self.slots}
        for s, rate in acting.items():
            way, follows = self.shown[s], self.follows[s]
            self._there_and_back(way, follows, follows.data, published.public[s], rate, out[s])
            out[s] *= self.after_post[s]
        return out

    def _ways(self, slot: int, published: Published) -> list[tuple[sparse.csr_array, NDArray[np.float64]]]:
        """How publications on a slot are shown, and their expected numbers."""
        ways = [(self.shown[slot], published.public[slot])]
        if slot in published.private:
            ways.append((self.closest[slot], published.private[slot]))
        return ways

    @staticmethod
    def _there_and_back(
        way: sparse.csr_array,
        back: sparse.csr_array,
        shown_back: NDArray[np.float32],
        start: NDArray[np.float64],
        passed: NDArray[np.float64],
        total: NDArray[np.float64],
    ) -> None:
        """Add to `total` what comes back to each person over one other."""
        if passed.any():
            out_and_back(
                way.indptr, way.indices, way.data, back.indptr, back.indices, shown_back, start, passed, total
            )

    def growth(self) -> float:
        """Dominant eigenvalue of the next-generation operator, by power iteration; inf if likes alone go on."""
        if self.endless:
            return float("inf")
        state = {s: x + 1e-300 for s, x in self.after_friend.items()}
        for s in self.acting:
            state[s] = state[s] + self.after_post[s]
        rate = 0.0
        for _ in range(_ROUNDS):
            total = sum(float(x.sum()) for x in state.values())
            if total <= 1e-280:
                return 0.0
            state = {s: x / total for s, x in state.items()}
            state = self.caused(self.publish(state), self.acting)
            new = sum(float(x.sum()) for x in state.values())
            if abs(new - rate) <= 1e-6 * new:
                return new
            rate = new
        return rate

    # ---------------------------------------------------------------------------------------- impressions

    def unseen(self, published: BySlot) -> NDArray[np.float64]:
        """Chance of each person to be shown none of these public publications, each made with its own chance."""
        log_chance = np.zeros(self.noticed.size)
        for s, x in published.items():
            rows = np.flatnonzero(x)
            part = self.shown[s][rows]
            shown = np.repeat(x[rows], np.diff(part.indptr)) * part.data
            log_chance += np.bincount(
                part.indices, np.log1p(-np.minimum(shown, 1.0 - 1e-12)), minlength=self.noticed.size
            )
        return np.asarray(np.exp(log_chance))

    def impressions(self, published: Published) -> NDArray[np.float64]:
        """Expected displays of these publications by platform (float64[platforms])."""
        out = np.zeros(self.compiled.plan.platform_key.size)
        for s, x in published.public.items():
            out[self.compiled.plan.slot_platform[s]] += self.displays[s] @ x
        for s, x in published.private.items():
            out[self.compiled.plan.slot_platform[s]] += float((self.closest[s].T @ x).sum())
        return out

    def echo_impressions(self, public: BySlot, acting: BySlot) -> NDArray[np.float64]:
        """Expected displays, by platform, by likes and comments on these public publications."""
        out = np.zeros(self.compiled.plan.platform_key.size)
        if acting:
            seen = {s: self.shown[s].T @ public[s] for s in acting}
            for s, x in self.echoed(seen, acting).items():
                out[self.compiled.plan.slot_platform[s]] += x.sum()
        return out

    def asked(self) -> BySlot:
        """Chance that each person is asked and accepts, by slot."""
        plan = self.compiled.plan
        asked = {s: np.zeros(self.noticed.size) for s in self.slots}
        for person, slot, q in zip(plan.ask_person, plan.ask_slot, plan.ask_q, strict=True):
            if int(slot) in asked:
                asked[int(slot)][person] = max(asked[int(slot)][person], float(q) / 2.0**32)
        return asked

    # ----------------------------------------------------------------------------------------- influencers

    def weighed(self, asked: BySlot) -> BySlot:
        """Shares of people asked, each times the factor of the hazard of its displays (docs/model.md, section 16)."""
        plan = self.compiled.plan
        if not plan.reaching.asked.shape[0]:
            return asked
        weight = {s: x.copy() for s, x in asked.items()}
        acting = plan.reaching.asked[:, 1]
        for person, slot, factor in zip(plan.ask_person, plan.ask_slot, acting, strict=True):
            if int(slot) in weight:
                weight[int(slot)][person] = asked[int(slot)][person] * factor
        return weight

    def influenced(self, asked: BySlot) -> BySlot:
        """Expected sharers by slot that people asked cause beyond those they would cause as friends; may be negative.

        Who is shown several of their shares is taken as meeting the mean of the factors each time (assumption).
        """
        weight = self.weighed(asked)
        if weight is asked:
            return {s: np.zeros(self.noticed.size) for s in self.slots}
        out = {}
        for s in self.slots:
            shown = self.shown[s].T @ asked[s]
            factor = np.divide(self.shown[s].T @ weight[s], shown, out=np.ones_like(shown), where=shown > 0)
            hazard = float(self.compiled.plan.hazard_friend[s]) * self.first
            out[s] = shown * (self.noticed * self.share_chance(hazard * factor) - self.after_friend[s])
        return out
