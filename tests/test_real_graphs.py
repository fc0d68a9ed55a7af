"""The main job on real networks, from the command line, as docs/real-graphs.md and the README show it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from viralsim.cli.shell import run_command

PROJECT = Path(__file__).resolve().parent.parent
NETWORKS = {
    "lastfm_asia_edges.csv.gz": ("lastfm-asia", 7_624, 27_806),
    "deezer_gendered_edges.csv.gz": ("deezer-europe", 28_281, 92_752),
}
FEW = ("--replicates", "20", "--draws", "4")


@pytest.fixture
def real_folder(data_folder, tmp_path, monkeypatch):
    """A folder with both networks and the scenario that docs/real-graphs.md shows; work goes on in it."""
    for name, (folder, _, _) in NETWORKS.items():
        shutil.copy(data_folder / folder / name, tmp_path)
    text = (PROJECT / "docs/real-graphs.md").read_text("utf-8")
    (scenario,) = re.findall(r"```yaml\n(viralsim: 1\n.*?)```", text, re.S)
    (tmp_path / "on-my-graph.yaml").write_text(scenario, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys, *words: str) -> str:
    """What a command line prints; it must end well."""
    code = run_command(list(words))
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


@pytest.mark.data
@pytest.mark.parametrize("network", NETWORKS)
def test_a_scenario_on_a_real_network(network, real_folder, capsys):
    _, people, pairs = NETWORKS[network]
    about = json.loads(printed(capsys, "graph", network, "--json", "-q"))
    assert (about["n_nodes"], about["n_edges"]) == (people, 2 * pairs)

    here = ("on-my-graph.yaml", "--set", f"platforms.x.network.path={network}")
    assert f"people {people:,} " in " ".join(printed(capsys, "validate", *here).split())
    run = json.loads(printed(capsys, "run", *here, *FEW, "--json"))
    assert run["replicates"] == 20
    assert any("Read as undirected" in note for note in run["notes"])
    values = {name: metric["mean"] for name, metric in run["metrics"].items()}
    assert 0 < values["reach"] < people
    parts = sum(values[f"impressions_{origin}"] for origin in ("owned", "paid", "earned"))
    assert values["impressions"] == pytest.approx(parts, rel=1e-12)
    # 1,500 brand followers at an organic reach of .03 (.01 to .1): a mean of 60 is expected, of 10 to 200 in any draw.
    assert 10 < values["impressions_owned"] < 200

    compared = json.loads(printed(capsys, "compare", *here, *FEW, "--json", "-q"))
    (pair,) = compared["pairs"]
    assert (pair["a"], pair["b"]) == ("on-my-graph", "hubs-asked")
    assert pair["difference"] > 0
    assert pair["prob_better"] > 0.9


@pytest.mark.data
def test_every_line_of_the_network_counts(real_folder, capsys):
    """A network with its ties cut in half spreads less: the file is what the scenario runs on."""
    import gzip

    lines = gzip.decompress((real_folder / "lastfm_asia_edges.csv.gz").read_bytes()).decode().splitlines()
    (real_folder / "half.csv").write_text("\n".join([lines[0], *lines[1::2]]), "utf-8")
    asked = ["on-my-graph.yaml", "--variant", "hubs-asked", *FEW, "--json", "-q"]
    reach = {}
    for network in ("lastfm_asia_edges.csv.gz", "half.csv"):
        out = printed(capsys, "run", *asked, "--set", f"platforms.x.network.path={network}")
        reach[network] = json.loads(out)["metrics"]["reach_earned_only"]["mean"]
        reach[f"paid {network}"] = json.loads(out)["metrics"]["impressions_paid"]["mean"]
    assert reach["paid half.csv"] < 0.75 * reach["paid lastfm_asia_edges.csv.gz"]
    assert reach["half.csv"] < reach["lastfm_asia_edges.csv.gz"]


@pytest.mark.data
def test_a_classic_model_starts_from_several_hubs(real_folder, capsys):
    words = (
        "model",
        "ic",
        "--graph",
        "lastfm_asia_edges.csv.gz",
        "--prob",
        "0",
        "--seeds",
        "7",
        "--replicates",
        "3",
    )
    result = json.loads(printed(capsys, *words, "--seeding", "most-followers", "--json", "-q"))
    assert result["metrics"]["size"]["mean"] == 7


@pytest.mark.data
def test_the_readme_prints_what_it_shows(real_folder, capsys):
    text = (PROJECT / "README.md").read_text("utf-8")
    code, shown = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", text, re.S).groups()
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == shown
