"""The gallery's pictures: each stock scenario shows its own lesson, drawn from what was measured."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

import viralsim as vs
from viralsim.app import gallery
from viralsim.app.lesson_pictures import LESSONS, lesson_of, measured
from viralsim.app.live import Question, Size, answer
from viralsim.app.thumbs import thumb
from viralsim.experiment.audiences import Audiences
from viralsim.spec import catalog

STOCK = [entry.name for entry in catalog()]


@pytest.mark.parametrize("name", STOCK)
def test_a_lesson_shows_variants_that_there_are(name):
    scenario = vs.load_scenario(name)
    lesson = lesson_of(name, scenario.variant_names)
    assert set(lesson.sides) <= {"", *scenario.variant_names}
    assert set(gallery.sides_of(scenario)) == {"", *lesson.sides}
    if len(scenario.variant_names):
        assert lesson.kind != "band"


def test_every_lesson_is_of_a_stock_scenario():
    assert set(LESSONS) <= set(STOCK)


@pytest.mark.parametrize("name", STOCK)
def test_a_recorded_picture_is_drawn_inside_its_frame(name):
    run = gallery.recorded_runs().get(name)
    if run is None or run.lesson["kind"] == "band":
        pytest.skip("nothing is recorded of it, or it shows its curve")
    drawing = ElementTree.fromstring(thumb(run.lesson))
    for element in drawing.iter():
        for name_of_x in ("x", "cx", "x1", "x2"):
            assert -1 <= float(element.get(name_of_x, 0)) <= 301
        for name_of_y in ("y", "cy", "y1", "y2"):
            assert -1 <= float(element.get(name_of_y, 0)) <= 113
        assert float(element.get("width", 1)) >= 0
    said = drawing.get("aria-label")
    assert said.startswith(run.lesson["said"]) and len(said) > 20


def test_pictures_are_of_many_kinds():
    kinds = {lesson.kind for lesson in LESSONS.values()}
    assert len(kinds) >= 7


def sides(name, variants, replicates=8, draws=2):
    scenario = vs.load_scenario(name)
    made = {v: scenario.variant(v) if v else scenario for v in variants}
    question = Question(tuple((one, {}) for one in made.values()), 1)
    found = answer(question, Size(replicates, draws), Audiences(1e9), False)
    assert not found.problem
    return dict(zip(made, found.ensembles, strict=True))


def test_what_is_drawn_is_what_was_run():
    ran = sides("influencers-or-many", ["", "influencers", "one-star"])
    rows = measured(LESSONS["influencers-or-many"], ran)["rows"]
    assert [row[0] for row in rows] == ["eighty people", "ten stars", "one big star"]
    for row, ensemble in zip(rows, ran.values(), strict=True):
        np.testing.assert_allclose(row[1:], np.quantile(ensemble["reach"], (0.05, 0.5, 0.95)), rtol=1e-3)


def test_stacks_add_up_and_slopes_begin_at_one():
    ran = sides("paid-or-seeding", ["", "ten-people", "half-the-ads"])
    for row, ensemble in zip(measured(LESSONS["paid-or-seeding"], ran)["rows"], ran.values(), strict=True):
        assert sum(row[1]) == pytest.approx(ensemble["impressions"].mean(), rel=1e-3)
    ran = sides("sticky-or-shareable", ["shareable", "sticky"])
    found = dict(measured(LESSONS["sticky-or-shareable"], ran)["rows"])
    assert found["clicks"] == pytest.approx(
        ran["sticky"]["clicks"].mean() / ran["shareable"]["clicks"].mean(), rel=1e-3
    )


def test_the_tree_of_bad_news_marks_who_is_against_it():
    ran = sides("bad-news-spreads", ["bad-news"])
    found = measured(LESSONS["bad-news-spreads"], ran)
    assert len(found["x"]) == len(found["parent"]) == len(found["negative"]) > 3
    assert found["parent"][0] == -1 and all(p < i for i, p in enumerate(found["parent"]))
    assert max(found["negative"]) == 1
    assert thumb(found).count("<circle") == len(found["x"])


def test_a_new_scenario_has_a_picture_too():
    lesson = lesson_of("red-or-blue", ("blue",))
    assert lesson.kind == "ranges" and dict(lesson.sides) == {"": "red", "blue": "blue"}
    assert lesson_of("plain", ()).kind == "band"
