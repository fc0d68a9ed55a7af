"""Figures: what is drawn is what the ensemble says; they are figures, inert, and leave no trace."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hand_tallies import scenario as hand_scenario
from hand_tallies import tallies_of_reach
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from report_worlds import branching_ensemble, goal

from viralsim.engine.ensemble import Ensemble
from viralsim.errors import EngineError, SpecError
from viralsim.experiment import comparison as comparisons
from viralsim.report import (
    figures,
    figures_cascade,
    figures_comparison,
    figures_spread,
    figures_time,
    figures_trees,
    quantile_dots,
    style,
)

NASTY = "<script>alert(1)</script> $5 for_you $10 \n\x07 & \\frac{1}{0}"


@pytest.fixture(scope="module")
def ensemble():
    return branching_ensemble(30, 3, offspring=0.6, paid=200.0, goal=goal("reach", 2_000), title=NASTY)


@pytest.fixture(scope="module")
def comparison():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparisons, "_uncertain_paths", lambda scenario: [])
        runs = [
            branching_ensemble(30, 3, offspring=r, name=name)
            for r, name in ((0.3, "plain"), (0.7, "seeded_$x$"))
        ]
        return comparisons.compare_ensembles(runs, metrics=["impressions_earned"])


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


# -------------------------------------------------------------------------------------------- all of them


def test_every_run_figure_is_a_figure_with_caption_and_columns(ensemble):
    drawn = figures.run_figures(ensemble)
    assert [d.name for d in drawn] == [kind.name for kind in figures.RUN_FIGURES]
    for each in drawn:
        assert isinstance(each.figure, Figure)
        assert len(each.caption) > 40 and each.caption.endswith(".") and "nan" not in each.caption
        assert len({len(column) for column in each.columns.values()}) == 1
        assert each.figure.get_size_inches()[0] == style.WIDTH_INCHES


def test_every_comparison_figure_is_a_figure_with_caption_and_columns(comparison):
    drawn = figures.comparison_figures(comparison)
    assert [d.name for d in drawn] == ["paired_effects", "curves_together", "dots_aligned"]
    assert comparison.sentence() in drawn[0].caption
    for each in drawn:
        assert isinstance(each.figure, Figure) and each.caption.endswith(".")


def test_a_goal_in_another_metric_gets_its_own_dots():
    run = branching_ensemble(10, 2, goal=goal("shares", 50))
    assert [d.name for d in figures.run_figures(run)][-1] == "goal_dots"
    assert "goal of at least 50" in figures.run_figures(run, ("goal_dots",))[0].caption


def test_an_unknown_figure_is_an_error_that_names_those_there_are(ensemble):
    with pytest.raises(SpecError, match=r"'reech'; allowed are: reach_over_time, "):
        figures.run_figures(ensemble, ("reech",))


def test_loaded_results_have_all_figures_but_the_traced_one():
    run = branching_ensemble(10, 2, traced=False)
    assert "share_trees" not in [d.name for d in figures.run_figures(run)]
    with pytest.raises(EngineError, match="were loaded"):
        figures.run_figures(run, ("share_trees",))


def test_nothing_is_left_in_the_callers_settings(ensemble):
    with matplotlib.rc_context({"font.size": 3.0, "lines.linewidth": 9.0, "svg.hashsalt": "mine"}):
        before = dict(matplotlib.rcParams)
        style.svg_bytes(figures_time.reach_over_time(ensemble))
        assert dict(matplotlib.rcParams) == before


def test_the_callers_settings_do_not_change_a_figure(ensemble):
    plain = style.svg_bytes(figures_time.reach_over_time(ensemble))
    with matplotlib.rc_context({"font.size": 30.0, "axes.facecolor": "red", "axes.grid.axis": "both"}):
        assert style.svg_bytes(figures_time.reach_over_time(ensemble)) == plain


def test_pyplot_is_not_used():
    import subprocess
    import sys

    code = "import sys, viralsim.report.figures; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "draw",
    [
        figures_time.reach_over_time,
        figures_time.impressions_over_time,
        figures_spread.quantile_dots,
        figures_spread.variance_split,
        figures_cascade.people_by_generation,
        figures_cascade.tree_sizes,
    ],
)
def test_a_callers_axis_is_drawn_on(ensemble, draw):
    own = Figure()
    left, right = own.subplots(1, 2)
    assert draw(ensemble, ax=right) is own
    assert right.has_data() and not left.has_data()
    assert right.get_title(loc="left")


def test_a_callers_axis_is_drawn_on_in_comparisons(comparison):
    for draw in (
        figures_comparison.paired_effects,
        figures_comparison.curves_together,
        figures_comparison.aligned_dots,
    ):
        own = Figure()
        axis = own.subplots()
        assert draw(comparison, ax=axis) is own and axis.has_data()


# -------------------------------------------------------------------------------------------- what is drawn


def test_reach_drawn_equals_the_ensembles(ensemble):
    curve = ensemble.curve("reach")
    axis = figures_time.reach_over_time(ensemble).axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axis.get_lines()}
    assert np.array_equal(lines["p50"][1:, 1], np.median(curve, axis=0))
    assert np.array_equal(lines["p50"][1:, 0], ensemble.times_hours)
    assert lines["p50"][0].tolist() == [0.0, 0.0]
    singles = [name for name in lines if name.startswith("replicate_")]
    assert len(singles) == 3
    for name in singles:
        assert np.array_equal(lines[name][1:, 1], curve[int(name.split("_")[1])])
    columns = figures_time.reach_columns(ensemble)
    assert np.array_equal(columns["p95"], np.quantile(curve, 0.95, axis=0))
    assert np.array_equal(columns["mean"], curve.mean(axis=0))


def test_impressions_drawn_add_up_to_the_ensembles(ensemble):
    columns = figures_time.impressions_columns(ensemble)
    widths = columns["time_hours"] - columns["start_hours"]
    for origin in style.ORIGINS:
        total = float((columns[f"{origin}_per_hour"] * widths).sum())
        assert total == pytest.approx(ensemble[f"impressions_{origin}"].mean(), rel=1e-12)
    stacked = sum(columns[f"{origin}_per_hour"] for origin in style.ORIGINS)
    np.testing.assert_allclose(stacked, columns["total_mean"], rtol=1e-12)
    assert sum(figures_time.split_of_impressions(ensemble).values()) == pytest.approx(1.0)


def test_an_origin_that_does_not_occur_is_not_in_the_legend():
    figure = figures_time.impressions_over_time(branching_ensemble(5, 1, paid=0.0))
    labels = [t.get_text().split()[0] for t in figure.axes[0].get_legend().get_texts()]
    assert labels == ["9", "earned", "owned"]


def test_dots_count_the_chances(ensemble):
    columns = figures_spread.dots_columns(ensemble)
    reach = np.sort(ensemble["reach"])
    assert columns["reach"].size == 20 and np.all(np.isin(columns["reach"], reach))
    assert columns["goal_met"].sum() == (columns["reach"] >= 2_000).sum()
    expected = 20 * np.mean(reach >= 2_000)
    assert abs(columns["goal_met"].sum() - expected) <= 1.0
    axis = figures_spread.quantile_dots(ensemble).axes[0]
    circles = sum(len(collection.get_paths()) for collection in axis.collections)
    assert circles == 20
    assert f"({columns['goal_met'].sum()} in 20)" in " ".join(texts(axis.figure))


def test_dots_are_round_and_inside_the_axis(ensemble):
    figure = figures_spread.quantile_dots(ensemble)
    style.png_bytes(figure)
    axis = figure.axes[0]
    paths = [path for collection in axis.collections for path in collection.get_paths()]
    assert len(paths) == 20
    for path in paths:
        box = axis.transData.transform_path(path).get_extents()
        assert box.width == pytest.approx(box.height, rel=1e-6)
        assert axis.bbox.x0 - 1 <= box.x0 and box.x1 <= axis.bbox.x1 + 1
        assert axis.bbox.y0 - 1 <= box.y0 and box.y1 <= axis.bbox.y1 + 1


def test_generations_drawn_equal_the_ensembles(ensemble):
    columns = figures_cascade.generations_columns(ensemble)
    last = len(columns["generation"])
    assert np.array_equal(columns["mean"], ensemble.generations.mean(axis=0)[:last])
    assert not ensemble.generations[:, last:].any()
    dots = [
        line.get_xydata()[0]
        for line in figures_cascade.people_by_generation(ensemble).axes[0].get_lines()
        if line.get_marker() == "o"
    ]
    assert np.array_equal([y for _, y in dots], columns["mean"][: len(dots)])


def test_tree_sizes_count_the_trees_of_the_traces(ensemble):
    columns = figures_cascade.tree_sizes_columns(ensemble)
    sizes = np.array([t.size for r in range(30) for t in ensemble.trace(r).trees()])
    for least, trees, share in zip(columns["size_at_least"], columns["trees"], columns["share"], strict=True):
        assert trees == (sizes >= least).sum()
        assert share == pytest.approx((sizes >= least).mean(), rel=1e-12)
    assert columns["size_at_least"][-1] <= sizes.max() < 2 * columns["size_at_least"][-1]


def test_share_trees_are_those_of_the_traces(ensemble):
    sample = figures_trees.sample_trees(ensemble)
    largest = max(t.size for r in range(30) for t in ensemble.trace(r).trees())
    assert sample.big_size == largest == sample.big.size == ensemble["largest_cascade"].max()
    nodes = [len(ensemble.trace(r)) for r in range(30)]
    assert [nodes[r] for r in sample.typical_replicates] == [sorted(nodes)[14]]
    sizes = [parents.size for parents in sample.typical]
    assert sizes == sorted(sizes, reverse=True)
    columns = figures_trees.share_trees_columns(ensemble, sample)
    assert columns["tree"].count("largest") == largest


def test_where_runs_have_few_trees_several_are_taken():
    run = branching_ensemble(30, 3, first=3.0)
    sample = figures_trees.sample_trees(run)
    assert 5 <= len(set(sample.typical_replicates)) <= 8
    found = [t.size for r in sample.typical_replicates for t in run.trace(r).trees()]
    assert sample.typical_trees == len(found)
    nodes = [len(run.trace(r)) for r in sample.typical_replicates]
    assert nodes == sorted(nodes) and nodes[0] < nodes[-1]
    assert f"{len(nodes)} runs" in " ".join(texts(figures_trees.share_trees(run, sample)))


def test_narrow_bins_are_joined_without_losing_any(monkeypatch):
    monkeypatch.setattr(figures_time, "BINS_DRAWN", 25)
    run = branching_ensemble(5, 1, paid=400.0)
    columns = figures_time.impressions_columns(run)
    assert 20 <= (columns["start_hours"] < figures_time._impressions_until(run)).sum() <= 25
    widths = columns["time_hours"] - columns["start_hours"]
    mean = (columns["total_mean"] * widths).sum()
    assert mean == pytest.approx(run["impressions"].mean(), rel=1e-12)
    assert columns["start_hours"][0] == 0.0 and columns["time_hours"][-1] == run.times_hours[-1]
    assert np.array_equal(columns["start_hours"][1:], columns["time_hours"][:-1])


def test_a_large_tree_says_how_much_of_it_is_drawn():
    run = branching_ensemble(6, 2, offspring=1.3, first=3)
    sample = figures_trees.sample_trees(run)
    assert sample.big_size > figures_trees.DRAWN_AT_MOST == sample.big.size
    said = f"the first 2,000 of {sample.big_size:,} people"
    assert said in " ".join(texts(figures_trees.share_trees(run, sample)))
    assert said in figures_trees.share_trees_caption(run, sample).replace("its ", "")
    assert len(style.svg_bytes(figures_trees.share_trees(run, sample))) < 400_000


def test_variance_parts_add_up_and_are_drawn(ensemble):
    columns = figures_spread.variance_columns(ensemble)
    total = columns["luck"] + columns["audience"] + columns["assumptions"]
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    bars = figures_spread.variance_split(ensemble).axes[0].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(len(columns["metric"]))


def test_parts_that_cannot_be_told_apart_stay_one():
    run = branching_ensemble(20, 4)
    run._rerunner = None
    words = " ".join(texts(figures_spread.variance_split(run)))
    assert "audience or assumptions" in words and "numbers not known" not in words


def test_effects_drawn_equal_the_pairs(comparison):
    axis = figures_comparison.paired_effects(comparison).axes[0]
    marks = [line.get_xydata()[0, 0] for line in axis.get_lines() if line.get_marker() == "o"]
    assert marks == [pair.ratio for pair in comparison.pairs]
    words = " ".join(texts(axis.figure))
    assert comparison.pairs[0].verdict in words
    columns = figures_comparison.effects_columns(comparison)
    assert columns["difference"] == [pair.difference for pair in comparison.pairs]


def test_curves_and_dots_of_a_comparison_equal_its_ensembles(comparison):
    columns = figures_comparison.curves_columns(comparison)
    second = comparison.ensembles[1].curve("reach")
    assert columns["p50"][second.shape[1] :] == np.median(second, axis=0).tolist()
    dots = figures_comparison.aligned_dots_columns(comparison)
    assert len(dots["reach"]) == 40 and set(dots["scenario"]) == set(comparison.labels)
    axis = figures_comparison.aligned_dots(comparison).axes[0]
    assert sum(len(collection.get_paths()) for collection in axis.collections) == 40


def test_many_scenarios_stay_readable(monkeypatch):
    monkeypatch.setattr(comparisons, "_uncertain_paths", lambda scenario: [])
    runs = [branching_ensemble(8, 2, offspring=0.1 * k, name=f"number-{k}") for k in range(7)]
    compared = comparisons.compare_ensembles(runs, metrics=["shares"])
    shown = figures_comparison.shown_pairs(compared)
    assert {pair.a for pair in shown} == {"number-0"} and len(shown) == 6
    for drawn in figures.comparison_figures(compared):
        assert drawn.png()[:4] == b"\x89PNG"


# ---------------------------------------------------------------------------------------- odd ensembles


def _odd(name: str) -> Ensemble:
    draw = np.arange(6) % 2
    reach = {"nobody": np.zeros(6), "same": np.full(6, 500), "one": np.array([7]), "wide": 10 ** np.arange(6)}
    values = reach[name]
    return Ensemble(tallies_of_reach(values, draw[: values.size]), hand_scenario(), 1)


@pytest.mark.parametrize("name", ["nobody", "same", "one", "wide"])
def test_odd_ensembles_are_drawn_without_complaint(name):
    every = figures.run_figures(_odd(name))
    assert {"reach_over_time", "generations", "tree_sizes"} <= {drawn.name for drawn in every}
    for drawn in every:
        assert drawn.png()[:4] == b"\x89PNG"
        ElementTree.fromstring(drawn.svg())
        assert "nan" not in " ".join([drawn.caption, *texts(drawn.figure)])


def test_where_nobody_shared_the_figures_say_so():
    drawn = {d.name: d for d in figures.run_figures(_odd("nobody"))}
    for name in ("generations", "tree_sizes", "share_trees"):
        assert "nobody shared in any of 6 runs" in " ".join(texts(drawn[name].figure))
        assert "Nobody shared" in drawn[name].caption


# ---------------------------------------------------------------------------------------------- inertness


def test_a_nasty_title_is_text_and_nothing_else(ensemble):
    drawn = figures.run_figures(ensemble, ("reach_over_time",))[0]
    svg = drawn.svg().decode()
    assert "<script" not in svg and "&lt;script&gt;alert(1)" in svg
    root = ElementTree.fromstring(svg)
    assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in ("script", "foreignObject", "image")]
    assert "$5 for_you" in "".join(root.itertext())
    assert not re.search(r'(href|src)="(?!#)', svg), "nothing from outside"


def test_labels_with_dollar_signs_are_not_mathematics(comparison):
    every = figures.comparison_figures(comparison)
    assert len(every) == 3
    for drawn in every:
        assert "seeded_$x$" in "".join(ElementTree.fromstring(drawn.svg()).itertext())


def test_a_title_the_font_cannot_draw_gives_way_to_the_name():
    run = branching_ensemble(4, 2, title="\u65b0\u54c1\u53d1\u5e03", name="launch")
    assert figures_time.scenario_title(run) == "launch"
    assert style.drawable("a\u65b0b") == "a\N{WHITE SQUARE}b"
    assert style.drawable("a\tb\x00\u202e c") == "a b c"


# ------------------------------------------------------------------------------------------------- looks


def test_owned_paid_and_earned_differ_in_grey_and_stand_out_from_paper():
    levels = sorted(style.grey_level(colour) for colour in style.ORIGINS.values())
    assert all(b - a >= 15 for a, b in pairwise([*levels, 100.0]))
    assert len({str(line) for line in style.ORIGIN_LINES.values()}) == 3
    assert not set(style.ORIGINS.values()) & {colour for colour, _, _ in style.VARIANTS}


def test_parts_of_variance_and_generations_differ_in_grey():
    levels = [style.grey_level(colour) for colour in style.CONTRASTS.values()]
    assert all(a - b >= 15 for a, b in pairwise(levels))
    steps = [style.grey_level(colour) for colour in style.generation_colours(6)]
    assert all(b - a >= 8 for a, b in pairwise(steps))


def test_scenarios_compared_differ_in_line_and_mark_too():
    assert len({str(line) + mark for _, line, mark in style.VARIANTS}) == len(style.VARIANTS)


def test_grey_level_of_known_colours():
    assert style.grey_level("#ffffff") == pytest.approx(100.0)
    assert style.grey_level("#000000") == 0.0
    assert style.grey_level("#777777") == pytest.approx(50.03, abs=0.05)  # CIE L* of the middle grey


def test_no_text_is_cut_off_or_written_over_another(ensemble, comparison):
    for drawn in [*figures.run_figures(ensemble), *figures.comparison_figures(comparison)]:
        figure = drawn.figure
        style.png_bytes(figure)
        figure.set_dpi(style.DPI)
        figure.draw_without_rendering()
        edge, hidden, boxes = figure.bbox, _hidden(figure), []
        for text in figure.findobj(matplotlib.text.Text):
            if not text.get_text() or not text.get_visible() or id(text) in hidden:
                continue
            box = text.get_window_extent()
            assert box.x0 >= edge.x0 - 1 and box.x1 <= edge.x1 + 1, (drawn.name, text.get_text())
            assert box.y0 >= edge.y0 - 1 and box.y1 <= edge.y1 + 1, (drawn.name, text.get_text())
            boxes.append((text.get_text(), box))
        for i, (first, a) in enumerate(boxes):
            for second, b in boxes[i + 1 :]:
                overlap = min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 4
                assert not overlap, (drawn.name, first, second)


def _hidden(figure: Figure) -> set[int]:
    """Texts that are there but not drawn: ticks beyond the limits, axes switched off."""
    hidden = set()
    for axes in figure.axes:
        for axis, place, limits in ((axes.xaxis, 0, axes.get_xlim()), (axes.yaxis, 1, axes.get_ylim())):
            shown = axis.get_visible() and axes.axison
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                for part in (tick.label1, tick.label2):
                    if not (shown and min(limits) <= part.get_position()[place] <= max(limits)):
                        hidden.add(id(part))
            if not shown:
                hidden |= {id(axis.label), id(axis.get_offset_text())}
    return hidden


# ------------------------------------------------------------------------------------------------- files


def test_files_are_the_same_bytes_on_every_run(ensemble, comparison, tmp_path):
    def written(folder):
        paths = figures.write_figures(ensemble, folder)
        paths += figures.write_comparison_figures(comparison, folder / "compared")
        return {p.relative_to(folder): p.read_bytes() for p in paths}

    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert first == second
    assert len(first) == 3 * (7 + 3) + 2
    for path, content in first.items():
        if path.suffix == ".svg":
            assert b"<dc:date>" not in content and b'role="img"' in content
            assert ElementTree.fromstring(content).find("{http://www.w3.org/2000/svg}desc") is not None
        elif path.suffix == ".png":
            assert int.from_bytes(content[16:20], "big") == 900
        else:
            assert b"\r" not in content and content.endswith(b"\n")


# ------------------------------------------------------------------------------------------------- dots


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1e7, allow_nan=False), min_size=1, max_size=60),
    st.one_of(st.none(), st.floats(0, 1e7)),
)
def test_no_two_dots_overlap_and_none_straddles_the_goal(values, edge):
    chosen = quantile_dots.quantile_values(np.array(values))
    scale = quantile_dots.scale_for(chosen, () if edge is None else (edge,))
    dots = quantile_dots.place_dots(chosen, scale, 0.36, edge)
    assert dots.x.size == quantile_dots.DOTS
    apart = np.hypot(dots.x[:, None] - dots.x[None], dots.y[:, None] - dots.y[None])
    assert apart[np.triu_indices(20, 1)].min() >= dots.diameter * (1 - 1e-6)
    assert np.all(np.abs(dots.x - scale.place(chosen)) <= dots.diameter * (0.5 + 1e-6))
    if edge is not None:
        at = float(scale.place(edge))
        assert not np.any(np.abs(dots.x - at) < dots.diameter * (0.5 - 1e-6))


def test_quantile_values_are_values_of_runs_and_skip_what_is_not_defined():
    values = np.array([5.0, np.nan, 1.0, 3.0])
    assert set(quantile_dots.quantile_values(values)) == {1.0, 3.0, 5.0}
    assert quantile_dots.quantile_values(np.array([np.nan])).size == 0
    assert quantile_dots.quantile_values(np.arange(20.0)).tolist() == list(range(20))


def test_far_apart_values_get_a_logarithmic_axis_with_round_ticks():
    scale = quantile_dots.scale_for(np.array([0.0, 1.0, 50.0, 90_000.0]))
    assert scale.logarithmic and scale.ticks() == [0.0] + [10.0**k for k in range(6)]
    assert not quantile_dots.scale_for(np.array([900.0, 1_000.0])).logarithmic
    assert not quantile_dots.scale_for(np.array([-1.0, 1.0])).logarithmic
