"""Long runs and live answers: the same numbers as `simulate`, stopped with what is done kept, limits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from test_app_parts import MINE

import viralsim as vs
from viralsim.app import jobs as jobs_module
from viralsim.app import live as live_module
from viralsim.app.blocks import joined
from viralsim.app.jobs import Jobs
from viralsim.app.live import Answer, Newest, Question, Size, answer
from viralsim.app.shop import Shop
from viralsim.engine.effort import Effort
from viralsim.engine.runs import run_block
from viralsim.errors import EngineError, GraphError, ScenarioError, SpecError
from viralsim.experiment.audiences import Audiences

SCENARIO = vs.Scenario.from_dict(MINE)
WAIT_SECONDS = 60.0


def wait_until(happened, seconds: float = WAIT_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def same(one: vs.Ensemble, other: vs.Ensemble) -> None:
    assert one.metrics == other.metrics
    for name in one.metrics:
        np.testing.assert_array_equal(one[name], other[name])
    for curve in ("reach", "impressions_earned"):
        np.testing.assert_array_equal(one.curve(curve), other.curve(curve))


def test_blocks_joined_are_the_run():
    blocks = [
        run_block(SCENARIO, Effort(count, 4, 1), {}, first) for first, count in ((0, 8), (8, 4), (12, 6))
    ]
    whole = vs.simulate(SCENARIO, replicates=18, draws=4, threads=1)
    made = joined(blocks)
    same(made, whole)
    for replicate in (0, 9, 17):
        ours, theirs = made.trace(replicate), whole.trace(replicate)
        np.testing.assert_array_equal(ours.person, theirs.person)
        assert ours.replicate == replicate
    assert made.variance("reach") == whole.variance("reach")


@pytest.mark.parametrize("name", ["review-driven-sale", "paid-or-seeding"])
def test_blocks_joined_count_sales_and_deliveries_too(name):
    scenario = vs.load_scenario(name)
    few = {f"platforms.{platform}.brand_followers.count": 200 for platform in scenario.platforms}
    scenario = scenario.with_overrides({"audience.size": 2000, **few})
    blocks = [run_block(scenario, Effort(count, 2, 1), {}, first) for first, count in ((0, 4), (4, 2))]
    same(joined(blocks), vs.simulate(scenario, replicates=6, draws=2, seed=1, threads=1))


def test_a_job_gives_what_simulate_gives():
    registry = Jobs(Audiences(1e8))
    job = registry.start(SCENARIO, {"items.post.share_prob": 0.1}, 30, 4, 5)
    wait_until(lambda: job.ended)
    assert (job.state, job.done, job.problem) == ("done", 30, "")
    changed = SCENARIO.with_overrides({"items.post.share_prob": 0.1})
    same(job.result, vs.simulate(changed, replicates=30, draws=4, seed=5, threads=1))
    assert registry.find(job.number) is job and registry.find(99) is None
    registry.close()


def test_stop_keeps_what_is_done(monkeypatch):
    monkeypatch.setattr(jobs_module, "_BLOCK_SECONDS", 0.0)
    registry = Jobs(Audiences(1e8))
    job = registry.start(SCENARIO, {}, 100_000, 4, 1)
    wait_until(lambda: job.done >= 8)
    job.stop()
    wait_until(lambda: job.ended)
    assert job.state == "stopped"
    assert 8 <= job.done < 100_000
    assert job.sentence() == f"stopped: kept {job.done:,} of 100,000 replicates"
    same(job.result, vs.simulate(SCENARIO, replicates=job.done, draws=4, threads=1))
    registry.close()


def test_a_waiting_job_can_be_stopped_and_there_is_a_limit(monkeypatch):
    monkeypatch.setattr(jobs_module, "_BLOCK_SECONDS", 0.0)
    registry = Jobs(Audiences(1e8))
    started = [registry.start(SCENARIO, {}, 100_000, 4, 1) for _ in range(1 + jobs_module.MOST_WAITING)]
    with pytest.raises(SpecError, match="no more may"):
        registry.start(SCENARIO, {}, 10, 4, 1)
    for job in reversed(started):
        job.stop()
    wait_until(lambda: all(job.ended for job in started))
    assert started[-1].result is None
    assert started[-1].sentence() == "stopped: nothing was done yet"
    assert [job.number for job in registry.all()] == [5, 4, 3, 2, 1]
    registry.close()


@pytest.mark.parametrize(("replicates", "draws"), [(0, 4), (10**7, 4), (10, 0), (10, 10**6)])
def test_a_job_out_of_range_is_refused(replicates, draws):
    with pytest.raises(SpecError, match="allowed are 1 to"):
        Jobs(Audiences(1e8)).start(SCENARIO, {}, replicates, draws, 1)


def test_a_job_that_does_not_fit_is_refused_beforehand():
    registry = Jobs(Audiences(1e8))
    with pytest.raises(EngineError, match="GB are available"):
        registry.start(SCENARIO, {"audience.size": 400_000_000}, 100, 20, 1)
    assert registry.all() == []


def test_a_job_that_fails_says_why(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(jobs_module, "run_block", broken)
    registry = Jobs(Audiences(1e8))
    job = registry.start(SCENARIO, {}, 10, 4, 1)
    wait_until(lambda: job.ended)
    assert (job.state, job.sentence()) == ("failed", "unexpected error: ZeroDivisionError: by zero")
    registry.close()


def test_a_live_answer_is_what_simulate_gives():
    question = Question(((SCENARIO, {"items.post.share_prob": 0.1}),), 3)
    found = answer(question, Size(12, 4), Audiences(1e8), rough=False)
    changed = SCENARIO.with_overrides({"items.post.share_prob": 0.1})
    same(found.ensembles[0], vs.simulate(changed, replicates=12, draws=4, seed=3, threads=1))


def test_what_cannot_be_run_is_an_answer_too():
    question = Question(((SCENARIO, {"audience.size": 3}),), 1)
    found = answer(question, Size(4, 2), Audiences(1e8), rough=True)
    assert found.ensembles == ()
    assert "brand_followers" in found.problem


def test_the_newest_question_wins_and_gets_a_full_answer():
    told: list[Answer] = []
    begun = threading.Event()

    def publish(found: Answer) -> None:
        told.append(found)
        begun.set()

    newest = Newest(Audiences(1e8), publish, Size(20, 4))
    newest.ask(Question(((SCENARIO, {}),), 0))
    assert begun.wait(WAIT_SECONDS)
    for seed in range(1, 6):
        newest.ask(Question(((SCENARIO, {}),), seed))
    wait_until(lambda: told[-1].question.seed == 5 and not told[-1].rough)
    newest.close()
    assert [a.question.seed for a in told if not a.rough] == [5]
    assert told[-1].ensembles[0].replicates == 20
    assert len(told) <= 7


def test_a_full_answer_that_fails_is_told():
    """One draw of many cannot carry the R asked for: the first look knows nothing of it."""
    told: list[Answer] = []

    def broken_when_full(question, size, audiences, rough, stop=None, within_seconds=None):
        if rough:
            return Answer(question, (), "", True, 0.0)
        return answer(question, size, audiences, rough, stop)

    newest = Newest(Audiences(1e8), told.append, Size(8, 4))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(live_module, "answer", broken_when_full)
        newest.ask(Question(((SCENARIO, {"audience.size": 3}),), 1))
        wait_until(lambda: len(told) == 2)
    newest.close()
    assert not told[1].rough
    assert "brand_followers" in told[1].problem


def test_a_first_look_ends_when_its_time_is_over_and_is_the_start_of_the_run():
    question, made = Question(((SCENARIO, {}),), 3), Audiences(1e8)
    short = answer(question, Size(12, 4), made, rough=True, within_seconds=0.0)
    assert short.ensembles[0].replicates == 4
    long = answer(question, Size(12, 4), made, rough=True, within_seconds=1e9)
    same(long.ensembles[0], vs.simulate(SCENARIO, replicates=12, draws=4, seed=3, threads=1))
    np.testing.assert_array_equal(short.ensembles[0]["reach"], long.ensembles[0]["reach"][:4])


def test_a_first_look_that_takes_far_too_long_is_begun_anew_on_one_draw(monkeypatch):
    monkeypatch.setattr(live_module, "GIVEN_UP_AFTER_SECONDS", 0.0)
    told: list[Answer] = []
    newest = Newest(Audiences(1e8), told.append, Size(8, 4))
    asked: list[int] = []

    def slow_at_first(question, size, audiences, rough, stop=None, within_seconds=None):
        if rough:
            asked.append(size.draws)
            if size.draws > 1:
                assert stop.wait(WAIT_SECONDS)
        return answer(question, size, audiences, rough, stop, within_seconds)

    monkeypatch.setattr(live_module, "answer", slow_at_first)
    newest.ask(Question(((SCENARIO, {}),), 1))
    wait_until(lambda: len(told) == 2)
    newest.close()
    assert asked == [10, 1]
    assert not told[0].problem and told[0].ensembles[0].draws == 1


@pytest.mark.parametrize(
    ("seconds", "draws"),
    [
        ((0.01,), 10),
        ((0.3,), 5),
        ((0.9,), 1),
        ((5.0,), 1),
        ((5.0, 0.01), 2),
        ((0.3, 0.01), 10),
        ((0.3, 0.1), 5),
    ],
)
def test_the_next_first_look_is_of_a_size_that_fits(seconds, draws):
    newest = Newest(Audiences(1e8), lambda _: None)
    newest.close()
    for took in seconds:
        newest._fit(took)
    assert live_module._ROUGH_DRAWS[newest._level] == draws


def test_a_failing_run_leaves_the_stop_of_others_alone():
    stop = threading.Event()
    with pytest.raises(ScenarioError):
        run_block(SCENARIO.with_overrides({"audience.size": 3}), Effort(8, 4, 1, 2), {}, stop=stop)
    assert not stop.is_set()


def test_the_shop_knows_its_own_names_only(tmp_path):
    shop = Shop()
    with pytest.raises(SpecError, match="there is no scenario"):
        shop.scenario("../../etc/passwd")
    secret = tmp_path / "secret.yaml"
    secret.write_text("viralsim: 1", encoding="utf-8")
    with pytest.raises(SpecError, match="there is no scenario"):
        shop.scenario(str(secret))
    with pytest.raises(ScenarioError):
        shop.take_scenario(b"viralsim: 2", "a.yaml")
    with pytest.raises(GraphError):
        shop.take_network(b"", "a.csv")
    name = shop.take_network(b"".join(b"%d,%d\n" % (i, (i + 1) % 30) for i in range(30)), "x/../ring.csv")
    assert name == "network-2"
    assert [file.name for file in shop.folder.iterdir()] == ["network-2.csv"]
    assert not shop.is_stock(name) and shop.is_stock("small-shop")
    assert shop.kept()[0].graph.n_nodes == 30
    graph, words = shop.network_of(name)
    assert graph.n_nodes == 30 and "network-2" in words
    folder = shop.folder
    shop.close()
    assert not folder.exists()
