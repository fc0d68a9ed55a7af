"""The documents: every link leads somewhere, every command shown exists, and what they show is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from viralsim.cli.group import root

PROJECT = Path(__file__).resolve().parent.parent
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("benchmarks/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PLACE = re.compile(r"(?<![\w/.-])(?:docs|viralsim|tests|benchmarks|tools|scenarios)/[\w./-]*\w")
BLOCK = re.compile(r"^(?:```.*?^```$|~~~.*?^~~~$)", re.M | re.S)
ANNOUNCED = {"app"}  # ./run installs its extra already
MADE_BY_USERS = {"benchmarks/.peers", "benchmarks/RESULTS.md"}  # not in git


def ids(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def anchors(page: Path) -> set[str]:
    """Names by which a page's headings can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", BLOCK.sub("", page.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    broken = []
    for target in LINK.findall(BLOCK.sub("", text)):
        place, _, anchor = target.partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        path = (page.parent / place).resolve() if place else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_relative_link_leads_somewhere(page):
    assert broken_links(page, page.read_text("utf-8")) == []


def test_a_broken_link_would_be_found():
    page = PROJECT / "README.md"
    text = (
        "[a](docs/nothing.md) [b](docs/model.md#nowhere) [c](docs/model.md#3-feed-who-is-shown-what-and-when)"
    )
    assert broken_links(page, text) == ["docs/nothing.md", "docs/model.md#nowhere"]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_file_named_exists(page):
    named = set(PLACE.findall(page.read_text("utf-8"))) - MADE_BY_USERS
    assert [name for name in sorted(named) if not (PROJECT / name).exists()] == []


def test_the_readme_leads_to_every_document():
    """Each page of docs is linked from the README, or from a page that is."""
    seen, waiting = set(), [PROJECT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in LINK.findall(page.read_text("utf-8")):
            path = (page.parent / target.partition("#")[0]).resolve()
            if path.suffix == ".md" and path.is_file():
                waiting.append(path)
    assert [ids(page) for page in PAGES if page not in seen] == []


# ------------------------------------------------------------------------------------------- command lines


def commands(text: str) -> list[list[str]]:
    """Words after `viralsim` (or `./run`) of every command line in code, comments and prompts left out."""
    blocks = "\n".join(BLOCK.findall(text))
    spans = "\n".join(re.findall(r"`([^`\n]+)`", BLOCK.sub("", text)))
    found = []
    for line in (blocks + "\n" + spans).splitlines():
        match = re.match(r" *(?:\$ +)?(?:\./run|viralsim|python -m viralsim)((?: +\S.*)?)$", line)
        if match:
            words = shlex.split(match[1].partition("   ")[0], comments=True)
            found.append(
                [word for word in words if word != "|"][: words.index("|") if "|" in words else None]
            )
    return found


def problem(words: list[str]) -> str | None:
    """Why a command line would be refused, without running it; None if it would not."""
    command: click.Command = root
    context = click.Context(root, info_name="viralsim")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, words = words[0], words[1:]
        if name.isupper() or (command is root and name in ANNOUNCED):
            return None
        found = command.get_command(context, name)
        if found is None:
            return f"no command {name!r}"
        command = found
    if set(words) & {"--help", "-h", "--version"} or not words:
        return None
    options = {
        name for p in command.params if isinstance(p, click.Option) for name in (*p.opts, *p.secondary_opts)
    }
    unknown = [w for w in words if w.startswith("-") and w != "-" and w.partition("=")[0] not in options]
    if unknown:
        return f"{command.name}: no option {', '.join(unknown)}"
    if any(word.isupper() for word in words):
        return None  # a placeholder: names are right, values are the reader's
    try:
        command.make_context(str(command.name), list(words), parent=context)
    except click.ClickException as error:
        return f"{command.name}: {error.format_message()}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_line_shown_exists(page):
    found = commands(page.read_text("utf-8"))
    if ids(page) in ("README.md", "docs/real-graphs.md"):
        assert len(found) >= 6
    problems = {" ".join(words): problem(words) for words in found}
    assert {line: why for line, why in problems.items() if why} == {}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("viralsim rum ordinary-post", "no command 'rum'"),
        ("viralsim run ordinary-post --replicate 3", "no option"),
        ("viralsim run ordinary-post --seed minus", "seed"),
        ("viralsim model wats --plot", "no command 'wats'"),
        ("viralsim verify wats", "wats"),
    ],
)
def test_a_wrong_command_line_would_be_found(line, why):
    (words,) = commands(f"```\n$ {line}\n```")
    assert why in (problem(words) or "")


# ------------------------------------------------------------------------------------------- glossary and picture


def test_the_glossary_has_every_metric_and_every_mechanic_word():
    from viralsim.spec.metric_names import METRIC_NAMES

    text = (PROJECT / "docs/glossary.md").read_text("utf-8")
    words = set(re.findall(r"^\| ([^|]+) \|", text, re.M))
    assert [name for name in METRIC_NAMES if f"`{name}`" not in words] == []
    for word in (
        "person",
        "account",
        "segment",
        "audience",
        "item",
        "post",
        "impression",
        "owned",
        "paid",
        "earned",
    ):
        assert word in words


def test_the_picture_of_the_demo_is_small():
    picture = PROJECT / "docs/images/demo.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 150_000
