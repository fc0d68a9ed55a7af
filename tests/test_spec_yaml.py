"""Scenario files as text: what YAML 1.2 says, and what is refused, each with its line and column."""

from __future__ import annotations

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viralsim.errors import ScenarioError
from viralsim.spec import load_scenario
from viralsim.spec.writing import to_yaml
from viralsim.spec.yaml_reader import MAX_BYTES, decode, read_value, read_yaml

SMALL = """\
viralsim: 1
audience: {size: 100}
platforms: {x: {preset: x, brand_followers: {count: 10}}}
items: [{id: film}]
campaign: {posts: [{item: film, platform: x}]}
"""


def problems_of(raw: str | bytes, tmp_path) -> list[str]:
    """What loading these bytes says, line by line, without the folder's name."""
    file = tmp_path / "s.yaml"
    file.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"),
        ("true", True), ("True", True), ("TRUE", True), ("false", False),
        ("null", None), ("Null", None), ("~", None), ("", None),
        ("012", 12), ("08", 8), ("0777", 777), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"),
        ("+1", 1), ("-1", -1), ("1e3", 1000.0), ("1E3", 1000.0), ("1e-1", 0.1), (".5", 0.5), ("5.", 5.0),
        (".inf", math.inf), ("-.inf", -math.inf), ("1:30", "1:30"), ("1:30:00", "1:30:00"),
        ("190:20:30.15", "190:20:30.15"), ("2026-03-02", "2026-03-02"),
        ("2026-03-02T09:00", "2026-03-02T09:00"), ('"12"', "12"), ("'no'", "no"), ("1.2.3", "1.2.3"), ("4h", "4h"),
        ("{value: 0.1, low: 1e-2}", {"value": 0.1, "low": 0.01}), ("[a, 1]", ["a", 1]),
    ],
)  # fmt: skip
def test_yaml_1_2_says_what_a_word_is(text, value):
    found = read_value(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_read_as_one():
    assert math.isnan(read_value(".nan"))


@pytest.mark.parametrize("word", ["no", "off", "yes", "on"])
def test_a_switch_of_yaml_1_1_is_named(word, tmp_path):
    text = SMALL.replace("{size: 100}", f"{{size: 100, influence: {word}}}")
    meant = "false" if word in ("no", "off") else "true"
    expected = f"s.yaml:2:34: audience.influence: '{word}' is a text in YAML 1.2; write {meant}"
    assert problems_of(text, tmp_path) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{size: 100}", "{size: 100, size: 200}", "2:23: audience.size: the key 'size' is written twice (first in "
         "line 2); keep one"),
        ("size: 100", "size: 100_000", "2:18: audience.size: 100_000: YAML tools disagree on underscores in numbers; "
         "write 100000"),
        ("size: 100", "size: 1e3", "2:18: audience.size: 1000.0 is not a whole number; write it plainly: 1000; "
         "allowed: a whole number from 2 to 500000000"),
        ("size: 100", "size: 10,000", "2:21: audience.000: unknown key '000'; a comma begins a new entry"),
        ("size: 100", "size: '10,000'", "2:18: audience.size: '10,000' is not a whole number; write it plainly: 10000;"
         " allowed: a whole number from 2 to 500000000"),
        ("{id: film}", "{id: film, share_prob: 2%}", "4:32: items.0.share_prob: '2%' is not a number; for 2% write "
         "0.02; allowed: 0 to 1"),
        ("{id: film}", "{id: film, share_prob: 0,02}", "4:34: items.0.02: unknown key '02'; a comma begins"),
        ("{id: film}", "{id: film, share_prob: '0,02'}", "4:32: items.0.share_prob: '0,02' is not a number; write a "
         "point, not a comma: 0.02; allowed: 0 to 1"),
        ("{id: film}", "{id: film, share_prob: .nan}", "4:32: items.0.share_prob: nan is not a probability; allowed: "
         "0 to 1"),
        ("{id: film}", "{id: film, share_prob: !!binary aGk=}", "4:32: items.0.share_prob: the tag !!binary is not "
         "known here; leave it out"),
        ("{id: film}", "{id: 12}", "4:14: items.0.id: 12 is not a name; put it in quotes and begin with a letter: "
         "'n12'; allowed: letters, digits, - and _, with a letter first"),
        ("{item: film, platform: x}", "{item: film, platform: x, at: 1:30}", "5:50: campaign.posts.0.at: '1:30' is "
         "not a duration; a duration has units: s, min, h, d, w, as in 15min, 4h, 1h30min, 2d"),
        ("{item: film, platform: x}", "{item: film, platform: x, at: 30}", "5:50: campaign.posts.0.at: 30 has no "
         "unit; a duration has units: s, min, h, d, w, as in 15min, 4h, 1h30min, 2d; did you mean 30h or 30min?"),
        ("[{id: film}]", "{id: film}", "4:8: items: a mapping (key: value) is not a list; write [..] or lines that "
         "begin with a dash"),
        ("[{id: film}]", "[{id: film}, {? [a] : b}]", "4:24: items.1: a key must be a single word"),
    ],
)  # fmt: skip
def test_a_trap_is_named_where_it_stands(old, new, expected, tmp_path):
    found = problems_of(SMALL.replace(old, new, 1), tmp_path)
    assert any(line.startswith(f"s.yaml:{expected}") for line in found), found


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "1:1: the file is empty; a scenario begins with  viralsim: 1"),
        ("# only a comment\n", "1:1: the file is empty; a scenario begins with  viralsim: 1"),
        ("- a\n- b\n", "1:1: a list of 2 stands at the top; a scenario is a mapping that begins with  viralsim: 1"),
        ("hello", "1:1: 'hello' stands at the top; a scenario is a mapping that begins with  viralsim: 1"),
        ("viralsim: 1\naudience:\n\tsize: 3\n", "3:1: a tab; indent with spaces"),
        (SMALL + "---\n" + SMALL, "6:1: a second document begins here (---); a file holds one scenario"),
        ("%YAML 1.1\n---\n" + SMALL, "1:1: YAML 1.1 is asked for; scenarios are YAML 1.2: leave it out"),
        (SMALL + "x: *b\n", "6:4: not YAML: found undefined alias 'b'; a text that begins with * or & needs quotes"),
        (SMALL + "title: a: b\n", "6:9: not YAML: a colon where none can be; check the indentation, or put the text "
         "in quotes"),
        ("viralsim: 1\ntitle: \"x\n", "2:10: not YAML: found unexpected end of stream, while scanning a quoted scalar"),
        (b"viralsim: 1\ntitle: caf\xe9\n", "2:11: not a text file in UTF-8; save it as UTF-8 text"),
        (SMALL.encode("utf-16"), "1:1: the file is UTF-16 text; save it as UTF-8"),
        (b"PK\x03\x04\x00\x00", "1:1: not a text file: it holds zero bytes"),
        (SMALL.replace("viralsim: 1", "viralsim: 1 # \x07"), "1:15: the character U+0007 is not allowed in YAML; "
         "remove it"),
        (SMALL + 'title: "a\\0b"\n', "6:8: title: the text holds the character U+0000, which cannot be shown"),
        (SMALL + 'title: "a\\ud800"\n', "6:8: title: the text holds the character U+D800, which cannot be shown; "
         "remove it"),
        (SMALL.replace("viralsim: 1", "viralsim: 2"), "1:11: viralsim: format version 2 is not known; this viralsim "
         "reads version 1"),
        (SMALL.replace("viralsim: 1", "viralsim: true"), "1:11: viralsim: format version true is not known; this "
         "viralsim reads version 1"),
        (SMALL.replace("viralsim: 1\n", ""), "1:1: viralsim: is missing; write viralsim: version of the format: 1."),
    ],
)  # fmt: skip
def test_a_text_that_is_no_scenario_says_so_in_one_line(raw, expected, tmp_path):
    found = problems_of(raw, tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"s.yaml:{expected}")


def test_merge_keys_are_refused_and_plain_aliases_read(tmp_path):
    merged = SMALL.replace("[{id: film}]", "[&a {id: film}, {<<: *a, id: more}]")
    assert problems_of(merged, tmp_path) == [
        "s.yaml:4:25: items.1: merge keys (<<) are not read; write the values out"
    ]
    file = tmp_path / "alias.yaml"
    file.write_text(SMALL.replace("{id: film}", "{id: film, like_prob: &p 0.1, click_prob: *p}"))
    item = load_scenario(file).items[0]
    assert (item.like_prob, item.click_prob) == (0.1, 0.1)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.rstrip(b"\n"),
        lambda raw: b"---\n" + raw + b"...\n",
        lambda raw: b"%YAML 1.2\n---\n" + raw,
        lambda raw: b"# caf\xc3\xa9\n\n" + raw,
    ],
    ids=["byte order mark", "CRLF", "no last line end", "document marks", "YAML 1.2 directive", "comment"],
)
def test_harmless_differences_of_the_text_do_not_matter(change, tmp_path):
    (tmp_path / "plain.yaml").write_text(SMALL)
    (tmp_path / "changed.yaml").write_bytes(change(SMALL.encode()))
    assert load_scenario(tmp_path / "changed.yaml").digest == load_scenario(tmp_path / "plain.yaml").digest


def test_lines_are_counted_alike_with_crlf(tmp_path):
    text = SMALL.replace("size: 100", "size: 0").replace("\n", "\r\n")
    assert problems_of(text, tmp_path)[0].startswith("s.yaml:2:18: audience.size: 0 is out of range")


def bomb() -> str:
    """Nine levels of lists of nine aliases: 9^9 values if written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [bomb(), "a: &a [*a]\n", "a: " + "[" * 5000 + "]" * 5000, "\n".join(" " * i + "a:" for i in range(300))],
    ids=["alias bomb", "alias of itself", "deep lists", "deep mappings"],
)
def test_what_would_grow_without_end_is_refused_at_once(text, tmp_path):
    began = time.process_time()
    assert problems_of(text, tmp_path) == [
        "s.yaml:1:1: too large or too deep: at most 300,000 values and 40 levels are read"
    ]
    assert time.process_time() - began < 10


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    began = time.process_time()
    found = problems_of(SMALL.encode() + b"#" * (3 * MAX_BYTES), tmp_path)
    assert found == ["s.yaml:1:1: the file has more than 1 MB, the most a scenario can have: is it one?"]
    assert time.process_time() - began < 1


def test_json_is_yaml(tmp_path):
    data = {
        "viralsim": 1,
        "audience": {"size": 100},
        "items": [{"id": "film"}],
        "platforms": {"x": {"preset": "x"}},
    }
    (tmp_path / "s.json").write_text(json.dumps(data, indent=4))
    assert load_scenario(tmp_path / "s.json").audience.size == 100


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=40)
TRAPS = st.sampled_from(
    ["no", "012", "1e3", "1_000", "0o7", "1:30", "2026-03-02", "null", "~", "", " a ", "- a", "a: b", "# a", "<<", "=",
     "*a", "&a", "!a", "'", '"', "\\", "%a", "@a", "`", "{", "[a", "? a", "|", ">", ".inf", "true", "a\n\nb", "\ta",
     "a\n "]
)  # fmt: skip
VALUES = st.recursive(
    TEXTS | TRAPS | st.booleans() | st.none() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool) | TRAPS, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS | TRAPS, VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back_the_same(data):
    read = read_yaml(to_yaml(data))
    assert not read.problems
    assert read.data == data


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_refused(raw):
    text, problem = decode(raw)
    if problem is None:
        read_yaml(text)
