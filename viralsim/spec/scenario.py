"""The scenario: a frozen, validated document and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from viralsim.errors import ScenarioError, SpecError
from viralsim.spec.audience import Audience
from viralsim.spec.campaign import Campaign
from viralsim.spec.checks import graph_path
from viralsim.spec.document import Goal, Run, ScenarioDocument, Value
from viralsim.spec.items import Item
from viralsim.spec.networks import GraphFile
from viralsim.spec.overrides import OverrideError, apply_overrides, merge_variant, plain_copy
from viralsim.spec.platforms import Platform
from viralsim.spec.problems import Problem, allowed_names, dotted, shown
from viralsim.spec.validating import validate_document, validate_variants
from viralsim.spec.writing import digest_of, full_data, to_yaml
from viralsim.spec.yaml_reader import Read, decode, read_yaml

__all__ = ["Scenario", "read_text"]


@dataclass(frozen=True, eq=False, repr=False)
class Scenario:
    """What is asked: a frozen scenario, made by `load_scenario` or `Scenario.from_dict`.

    Attributes
    ----------
    document : ScenarioDocument
        The validated document, presets filled in. Its parts are at hand as `audience`, `platforms`,
        `items`, `campaign`, `goal`, `value`, `run`. An uncertain number is a float with a band.
    name : str
        Short name; a variant's is ``base:variant``.
    source_path : pathlib.Path or None
        The file it comes from.
    text : str or None
        The file's text; None if it comes from elsewhere or was changed.
    shown_as : str or None
        What messages call the file.
    folder : pathlib.Path
        Where relative paths of networks start.
    """

    document: ScenarioDocument
    written: Mapping[str, Any] = field(repr=False)
    name: str
    folder: FilePath
    source_path: FilePath | None = None
    text: str | None = field(default=None, repr=False)
    shown_as: str | None = field(default=None, repr=False)

    # --- making one ---

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], folder: str | FilePath | None = None) -> Scenario:
        """Make a scenario from plain data.

        Parameters
        ----------
        data : mapping
            The document, as a scenario file says it.
        folder : path, optional
            Where relative paths of networks start. None: the current folder.

        Raises
        ------
        ScenarioError
            With all problems, one a line.

        Examples
        --------
        >>> scenario = Scenario.from_dict({
        ...     "viralsim": 1,
        ...     "audience": {"size": 1000},
        ...     "platforms": {"instagram": {"preset": "instagram", "brand_followers": {"count": 50}}},
        ...     "items": [{"id": "film"}],
        ...     "campaign": {"posts": [{"item": "film", "platform": "instagram", "at": "0h"}]},
        ... })
        >>> scenario.items[0].id, scenario.run.replicates
        ('film', 200)
        """
        base = FilePath.cwd() if folder is None else FilePath(folder).absolute()
        read = Read(data=plain_copy(data) if isinstance(data, Mapping) else data)
        return _checked(read, base, "scenario", "scenario", None, None)

    def with_overrides(self, overrides: Mapping[str, Any]) -> Scenario:
        """The scenario with some values replaced.

        Parameters
        ----------
        overrides : mapping of str to object
            Dotted path -> value, e.g. ``{"items.0.share_prob": 0.02, "run.replicates": 50}``. List entries
            are named by position, id or name. A value is replaced whole; None removes what is written.

        Raises
        ------
        ScenarioError
            If a path leads nowhere or a value is not allowed; the message names the override.
        """
        if not isinstance(overrides, Mapping):
            raise SpecError(f"overrides: {shown(overrides)} is not a mapping of dotted paths to values")
        for path in overrides:
            if not isinstance(path, str) or not path:
                raise SpecError(f"override {path!r}: a path is a text such as items.film.share_prob")
        problems: list[str] = []
        data: Mapping[str, Any] = self.written
        names: dict[tuple[str | int, ...], str] = {}
        for path, value in overrides.items():
            try:
                data = apply_overrides(data, {path: value}, names)
            except OverrideError as error:
                problems.append(f"override {path}: {error.problem.message}")
        if problems:
            raise ScenarioError(problems)
        document, found = validate_document(data, self.folder, known=(self.written, self.document))
        if any(path.split(".")[0] == "variants" for path in overrides):
            found = found + validate_variants(data, found, self.folder)
        if document is None or found:
            raise ScenarioError([_override_line(problem, overrides) for problem in found])
        name = document.name if "name" in overrides and document.name else self.name
        return Scenario(document, data, name, self.folder, self.source_path)

    def variant(self, name: str) -> Scenario:
        """One of the scenario's variants as a scenario of its own.

        Raises
        ------
        SpecError
            If there is no such variant.
        """
        if name not in self.document.variants:
            raise SpecError(
                f"{self.name}: unknown variant {name!r}; {allowed_names(name, self.variant_names)}"
            )
        base = {key: value for key, value in self.written.items() if key != "variants"}
        data = merge_variant(base, self.document.variants[name])
        document, found = validate_document(data, self.folder)
        if document is None:
            raise ScenarioError([f"variants.{name}: {dotted(p.path)}: {p.message}" for p in found])
        return Scenario(document, data, f"{self.name}:{name}", self.folder, self.source_path)

    # --- its parts ---

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Names of the variants (tuple of str), in the order of the file."""
        return tuple(self.document.variants)

    @property
    def variants(self) -> Mapping[str, Any]:
        """Variants as written: name -> overrides."""
        return self.document.variants

    @property
    def label(self) -> str:
        """Short name in a comparison: the variant's, else the scenario's (str)."""
        return self.name.rpartition(":")[2]

    @property
    def title(self) -> str:
        """Title for people: as written, else the name (str)."""
        return self.document.title or self.name

    @property
    def teaches(self) -> str | None:
        """What one learns from it (str or None)."""
        return self.document.teaches

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its numbers come from (tuple of str)."""
        return self.document.sources

    @property
    def audience(self) -> Audience:
        """The people."""
        return self.document.audience

    @property
    def platforms(self) -> Mapping[str, Platform]:
        """Platforms by name, presets filled in."""
        return self.document.platforms

    @property
    def items(self) -> tuple[Item, ...]:
        """Pieces of content."""
        return self.document.items

    @property
    def campaign(self) -> Campaign:
        """What the brand does."""
        return self.document.campaign

    @property
    def goal(self) -> Goal | None:
        """What would be a success."""
        return self.document.goal

    @property
    def value(self) -> Value:
        """The user's own prices."""
        return self.document.value

    @property
    def run(self) -> Run:
        """How it is simulated."""
        return self.document.run

    @cached_property
    def digest(self) -> str:
        """Hex digest of all that changes results, the content of networks' files included (str)."""
        return digest_of(self.document, self.folder)

    def located(self, problem: str) -> str:
        """A problem that came up later, with file:line:column before it where the file can tell.

        Parameters
        ----------
        problem : str
            ``path.of.a.field: message``.
        """
        path = tuple(
            int(part) if part.isdecimal() else part for part in problem.partition(": ")[0].split(".")
        )
        if self.text is None or self.shown_as is None or path[0] not in ScenarioDocument.model_fields:
            return problem
        line, column = read_yaml(self.text).position(path)
        return f"{self.shown_as}:{line}:{column}: {problem}"

    # --- writing it ---

    def to_dict(self, full: bool = False, absolute_paths: bool = False) -> dict[str, Any]:
        """Plain data that `from_dict` reads back.

        Parameters
        ----------
        full : bool
            Write every default and every preset number.
        absolute_paths : bool
            Write networks' paths so that they hold from any folder.
        """
        data = full_data(self.document) if full else plain_copy(self.written)
        if absolute_paths:
            for name, platform in self.platforms.items():
                if isinstance(platform.network, GraphFile):
                    data["platforms"][name]["network"]["path"] = str(
                        graph_path(platform.network.path, self.folder)
                    )
        return data

    def to_yaml(self, full: bool = False) -> str:
        """The scenario file: as it was written if it comes from one, else made anew.

        Parameters
        ----------
        full : bool
            Write every default and every preset number, with its source.
        """
        if self.text is not None and not full:
            return self.text
        return to_yaml(self.to_dict(full))

    def __repr__(self) -> str:
        size = f"{self.audience.size:,} people" if self.audience.size else "people of its network"
        names = ", ".join(self.platforms)
        variants = f", variants: {', '.join(self.variant_names)}" if self.variant_names else ""
        return f"<Scenario {self.name}: {size} on {names}; items: {', '.join(i.id for i in self.items)}{variants}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.name == other.name and self.folder == other.folder and self.written == other.written

    def __hash__(self) -> int:
        return hash((self.name, str(self.folder)))


def read_text(raw: bytes, folder: FilePath, label: str, name: str, source_path: FilePath | None) -> Scenario:
    """Make a scenario from the bytes of a file.

    Parameters
    ----------
    raw : bytes
    folder : pathlib.Path
        Where relative paths start.
    label : str
        What messages call the file.
    name : str
        Name of the scenario if it has none.
    source_path : pathlib.Path or None

    Raises
    ------
    ScenarioError
        With all problems, each ``file:line:column: field: message``.
    """
    text, problem = decode(raw)
    if problem is not None:
        line, column = problem.position or (1, 1)
        raise ScenarioError(f"{label}:{line}:{column}: {problem.message}")
    return _checked(read_yaml(text), folder, label, name, source_path, text)


def _checked(
    read: Read, folder: FilePath, label: str, name: str, source_path: FilePath | None, text: str | None
) -> Scenario:
    found, document = list(read.problems), None
    if read.data is not None or not found:
        document, more = validate_document(read.data, folder)
        more += validate_variants(read.data, more, folder) if isinstance(read.data, Mapping) else []
        bad = {problem.path for problem in found if problem.path}
        found += [problem for problem in more if problem.path not in bad]
    if found or document is None:
        raise ScenarioError(_lines(found, read, label, located=text is not None))
    return Scenario(document, read.data, document.name or _name(name), folder, source_path, text, label)


def _name(stem: str) -> str:
    """A file's stem as a name."""
    plain = re.sub(r"[^\w-]+", "-", stem).strip("-")
    return plain if re.match(r"[^\W\d_]", plain) else f"scenario-{plain}".rstrip("-")


def _lines(problems: Iterable[Problem], read: Read, label: str, located: bool) -> list[str]:
    """Problems as lines, in the order of the file."""
    lines = []
    for problem in problems:
        line, column = problem.position or read.position(problem.path, problem.at_key)
        where = f"{dotted(problem.path)}: " if problem.path else ""
        place = f"{label}:{line}:{column}" if located else label
        lines.append((line, column, f"{place}: {where}{problem.message}"))
    ordered = sorted(lines, key=lambda entry: entry[:2]) if located else lines
    return list(dict.fromkeys(entry[2] for entry in ordered))


def _override_line(problem: Problem, overrides: Mapping[str, Any]) -> str:
    """A problem that came with overrides, with the override that most likely brought it."""
    where = dotted(problem.path)
    near = [path for path in overrides if _same_place(path, where)]
    if near:
        path = max(near, key=len)
        detail = "" if _same_length(path, where) else f"{where}: "
        return f"override {path}: {detail}{problem.message}"
    return f"overrides {', '.join(overrides)}: {where}: {problem.message}"


def _same_length(one: str, other: str) -> bool:
    return one.count(".") == other.count(".")


def _same_place(path: str, where: str) -> bool:
    """Whether an override's path leads to a place or above it; positions and ids may stand for one another."""
    pairs = zip(path.split("."), where.split("."), strict=False)
    return path.count(".") <= where.count(".") and all(
        a == b or a.isdecimal() != b.isdecimal() for a, b in pairs
    )
