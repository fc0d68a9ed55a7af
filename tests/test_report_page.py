"""The page to forward: complete, self-contained, inert, small, and it says what it must."""

import base64
import hashlib
import json
import re
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.figure import Figure
from page_worlds import HOSTILE, Elements, scenario
from ruamel.yaml import YAML

import viralsim as vs
from viralsim.cli.shell import run_command
from viralsim.errors import StoreError
from viralsim.metrics.drivers import draw_means, drivers
from viralsim.metrics.risks import risks
from viralsim.metrics.rounding import format_number
from viralsim.report.facts import attribute_tables, worth_rows
from viralsim.report.figures import comparison_figures, run_figures
from viralsim.report.page import comparison_page, run_page, write_page
from viralsim.report.player import DRAWN_AT_MOST, player_data


@pytest.fixture(scope="module")
def ensemble():
    return vs.simulate(scenario())


@pytest.fixture(scope="module")
def page(ensemble):
    return run_page(ensemble)


@pytest.fixture(scope="module")
def compared():
    return vs.compare([scenario()], metric="reach")


def test_a_hostile_title_is_inert(page, compared):
    labelled = vs.compare([scenario(), scenario()], labels=["<b>bold</b>", HOSTILE], replicates=4)
    for text in (page, comparison_page(compared), comparison_page(labelled)):
        assert "<script>alert" not in text and "<b>bold" not in text
        found = Elements(text)
        assert not any("alert" in script for script in found.scripts)
        assert "<img" not in text and "onerror=alert(2)&gt;" in text and "{{ 7 * 7 }}" in text
        assert any("<script>alert(1)</script>" in word for word in found.words)  # shown as text


def test_nothing_is_fetched_and_ids_are_single(page, compared):
    for text in (page, comparison_page(compared)):
        found = Elements(text)
        assert all(a.startswith(("#", "data:")) for a in found.addresses)
        assert "@import" not in text and not re.search(r"url\((?!#)", text)
        assert len(set(found.ids)) == len(found.ids)
        assert "default-src 'none'" in text
        assert len(text.encode()) < 1_000_000


def test_only_our_scripts_may_run(page):
    allowed = set(re.findall(r"'sha256-([^']+)'", page))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in allowed


def test_the_scenario_on_the_page_is_the_one_that_was_run(page, ensemble, compared):
    for text, ensembles in ((page, [ensemble]), (comparison_page(compared), compared.ensembles)):
        links = re.findall(
            r'download="([\w-]+\.yaml)" href="data:application/yaml;charset=utf-8,([^"]*)"', text
        )
        assert len(links) == len(ensembles)
        for (name, address), made in zip(links, ensembles, strict=True):
            file = YAML(typ="safe").load(unquote(address))
            assert vs.Scenario.from_dict(file).digest == made.digest
            assert name in text.partition("<pre")[2].partition("</pre>")[0]  # the command names it
    again = vs.simulate(scenario(), seed=ensemble.seed)
    assert f"--seed {ensemble.seed} --replicates 40 --draws 10" in page
    assert np.array_equal(again["reach"], ensemble["reach"])


def test_the_page_says_what_it_must(page, ensemble):
    words = " ".join(" ".join(Elements(page).words).split())
    for part in (
        ensemble.sentence(),
        "What could go wrong",
        "What drives this",
        "What we assumed",
        "Who was reached, and who was left out",
        "simulated worlds, not a forecast, until calibrated",
        "judgement",
        "items.post.share_prob",
        "earned impressions / 1000 x 8",
        f"Seed {ensemble.seed}",
        ensemble.digest[:16],
    ):
        assert part.lower() in words.lower(), part
    assert {"owned", "paid", "earned"} <= set(re.findall(r'class="origin-(\w+)"', page))


def test_every_figure_has_its_numbers_and_a_caption(page):
    links = re.findall(r'download="(\w+)\.csv" href="(data:text/csv[^"]*)"', page)
    assert len(links) >= 6
    for name, address in links:
        table = unquote(address.partition(",")[2]).splitlines()
        assert len(table) > 1, name
        assert len(table[0].split(",")) == len(table[1].split(",")), name
    assert page.count("<figcaption>") == len(links)


def test_a_comparison_begins_with_the_verdict(compared):
    text = comparison_page(compared)
    first = re.search(r'<p class="verdict">(.*?)</p>', text, re.DOTALL).group(1)
    assert compared.pairs[0].verdict in first
    assert all(f"<h3>{label}</h3>" in text for label in compared.labels)
    assert "items.post.share_prob" in text


def test_the_player_shows_true_trees(ensemble):
    data = player_data(ensemble)
    typical, largest = data["scenes"]
    replicate = int(np.argmax(ensemble["largest_cascade"]))
    tree = max(ensemble.trace(replicate).trees(), key=lambda t: t.size)
    assert len(largest["parent"]) == min(tree.size, DRAWN_AT_MOST) == ensemble["largest_cascade"].max()
    assert largest["parent"] == tree.parents.tolist()
    for scene in (typical, largest):
        assert len({len(scene[k]) for k in ("x", "y", "parent", "generation", "hour")}) == 1
        for i, parent in enumerate(scene["parent"]):
            if parent >= 0:
                assert parent < i
                assert scene["generation"][i] == scene["generation"][parent] + 1
                assert scene["hour"][i] >= scene["hour"][parent]
        assert max(map(abs, scene["y"])) <= 1.0
    assert len(data["colours"]) == 1 + max(max(s["generation"]) for s in data["scenes"])
    json.dumps(data, allow_nan=False)


def test_a_run_in_which_nobody_shares_has_a_page():
    silent = vs.simulate(scenario().with_overrides({"items.post.share_prob": 0.0}), replicates=4)
    text = run_page(silent)
    assert player_data(silent) is None
    assert "nobody shares" in text and "player-data" not in text


def test_money_and_attributes_are_shown_where_there_are_any(page):
    segments = [
        {"name": "a", "fraction": 0.7, "access": {"x": 0.9}, "attributes": {"place": "town"}},
        {"name": "b", "fraction": 0.3, "access": {"x": 0.2}, "attributes": {"place": "<i>village</i>"}},
    ]
    audience = {"size": 1500, "segments": segments}
    bought = scenario(
        audience=audience, buying={"convert_prob": 0.3}, value={"price": 50, "margin": 20}, title="Shop"
    )
    made = vs.simulate(bought)
    rows = {row["name"]: row for row in worth_rows(made)}
    assert {"conversions", "conversions incremental", "revenue"} <= set(rows)
    revenue = made.summary()["revenue"]
    assert rows["revenue"]["expected"] == format_number(revenue.mean, revenue.se)
    text = run_page(made)
    words = " ".join(" ".join(Elements(text).words).split())
    assert "What it is worth" in words and "By place" in words and "<i>village" not in text
    (table,) = attribute_tables(made)
    people = made.tallies.people_by_segment.mean(axis=0)
    for row, name, size in zip(table["rows"], ("a", "b"), people, strict=True):
        assert float(row["width"]) == pytest.approx(
            100 * made.by_segment("reach")[name].mean() / size, rel=0.01
        )
    assert "By place" not in page and "revenue" not in page


def test_notebooks_show_tables(ensemble, compared):
    summary = ensemble.summary()
    assert summary["reach"].mean == ensemble["reach"].mean()
    shown = summary._repr_html_()
    assert shown.count("<tr>") == 1 + len(ensemble.metrics)
    page = ensemble._repr_html_()
    assert page.endswith(f"{shown}</details>") and "<script>" not in page
    assert page.index("earned multiplier") < page.index("<details>") < page.index("half reach hour")
    assert ensemble.summary_by("segment", "reach")._repr_html_().count("<tr>") == 3
    assert compared._repr_html_().count("<tr>") == 1 + len(compared.pairs)


def test_every_figure_is_a_matplotlib_figure(ensemble, compared):
    drawn = run_figures(ensemble) + comparison_figures(compared)
    assert len(drawn) >= 10 and all(isinstance(one.figure, Figure) for one in drawn)


def test_risks_count_runs(ensemble):
    found = {risk.name: risk for risk in risks(ensemble.tallies, ("reach", 200))}
    assert found["goal missed"].prob == np.mean(ensemble["reach"] < 200)
    assert found["flop"].prob == np.mean(ensemble["reach"] < ensemble["reach"].mean() / 2)
    assert found["nobody shares"].prob == np.mean(ensemble["sharers"] == 0)
    assert found["backlash"].prob == np.mean(ensemble["net_sentiment"] < 0)
    assert all(risk.low <= risk.prob <= risk.high for risk in found.values())
    assert found["nobody shares"].high > 0  # 0 in 40 runs is not never
    assert "goal missed" not in {risk.name for risk in risks(ensemble.tallies)}


def test_the_number_that_matters_is_found():
    rng = np.random.default_rng(0)
    scores = {"strong": rng.normal(size=60), "weak": rng.normal(size=60), "constant": np.zeros(60)}
    values = np.exp(2 * scores["strong"] + 0.3 * rng.normal(size=60))
    found = drivers(values, scores)
    assert [d.path for d in found] == ["strong", "weak"]
    assert found[0].share > 0.9 and found[0].is_clear and found[0].rises
    assert not found[1].is_clear
    assert drivers(values[:7], {"strong": scores["strong"][:7]}) == ()
    down = drivers(-values, scores)[0]
    assert down.path == "strong" and not down.rises


def test_draw_means_are_means_by_draw(ensemble):
    means = draw_means(ensemble.column("reach"), ensemble.draw)
    assert means == pytest.approx([ensemble["reach"][ensemble.draw == d].mean() for d in range(10)])


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    place = tmp_path / "deep" / "page.html"
    write_page("one", place)
    with pytest.raises(StoreError, match="exists already"):
        write_page("two", place)
    assert place.read_text() == "one"
    write_page("two", place, force=True)
    assert place.read_text() == "two"
    assert [p.name for p in place.parent.iterdir()] == ["page.html"]
    with pytest.raises(StoreError, match="exists already"):
        write_page("x", tmp_path, force=True)


def test_pages_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(scenario().to_yaml())
    assert run_command(["run", "s.yaml", "--out", "one.html", "--quiet"]) == 0
    assert "What could go wrong" in (tmp_path / "one.html").read_text()
    assert run_command(["run", "s.yaml", "--out", "one.html", "--quiet"]) == 2
    assert "one.html: exists already" in capsys.readouterr().err
    assert run_command(["compare", "s.yaml", "--out", "two.html", "--quiet"]) == 0
    assert "What differs between them" in (tmp_path / "two.html").read_text()
    assert run_command(["run", "s.yaml", "--out", "folder", "--quiet"]) == 0
    assert (tmp_path / "folder" / "page.html").is_file()
    (tmp_path / "folder" / "page.html").unlink()
    capsys.readouterr()
    assert run_command(["report", "folder", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "folder" / "page.html")
    assert run_command(["report", "folder", "--out", "three.html", "--quiet"]) == 0
    first, third = ((tmp_path / n).read_text() for n in ("one.html", "three.html"))
    assert re.findall(r'<span class="number">[^<]*', first) == re.findall(
        r'<span class="number">[^<]*', third
    )
    assert run_command(["report", "folder", "--out", "three.txt", "--quiet"]) == 2
    assert run_command(["report", "nowhere", "--quiet"]) == 2
