"""Whom segments and attributes name: which segments fit, and what is wrong with what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from viralsim.spec.problems import Path, Problem, allowed_names

__all__ = ["check_target", "check_where", "fits", "targeted_segments"]


def fits(attributes: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a segment has all of these attributes.

    Parameters
    ----------
    attributes : mapping
        Of the segment.
    where : mapping of name to value or sequence of values
        Of several values any will do. Values are compared as texts: 20 and "20" are the same.
    """
    return all(
        name in attributes and str(attributes[name]) in {str(value) for value in _values(wanted)}
        for name, wanted in where.items()
    )


def targeted_segments(target: Any, segments: Sequence[Any]) -> tuple[str, ...]:
    """Names of the segments that a target means; empty: everybody.

    Parameters
    ----------
    target : sequence of names, or mapping of attributes
    segments : sequence of Segment
    """
    if isinstance(target, Mapping):
        return tuple(segment.name for segment in segments if fits(segment.attributes, target))
    return tuple(target)


def check_target(
    target: Any, base: Path, segments: list[str], attributes: list[Mapping[Any, Any]]
) -> Iterator[Problem]:
    """Problems of a target as written.

    Parameters
    ----------
    target : object
    base : tuple
        Its place.
    segments : list of str
        Names of the segments.
    attributes : list of mapping
        Attributes of each segment.
    """
    if isinstance(target, Mapping):
        yield from check_where(target, base, attributes)
    for i, name in enumerate(target if isinstance(target, list | tuple) else []):
        if isinstance(name, str) and name not in segments:
            yield Problem((*base, i), f"unknown segment {name!r}; {allowed_names(name, segments)}")


def check_where(
    where: Mapping[Any, Any], base: Path, attributes: list[Mapping[Any, Any]]
) -> Iterator[Problem]:
    """Attributes that no segment has, or no segment has all of."""
    sound = True
    for name, wanted in where.items():
        known = sorted({str(entry[name]) for entry in attributes if name in entry})
        if not known:
            names = sorted({str(key) for entry in attributes for key in entry})
            hint = allowed_names(str(name), names) if names else "no segment has attributes: write some"
            yield Problem((*base, name), f"no segment has the attribute {name!r}; {hint}", at_key=True)
            sound = False
            continue
        several = isinstance(wanted, list | tuple)
        for i, value in enumerate(_values(wanted)):
            if str(value) not in known:
                place = (*base, name, i) if several else (*base, name)
                yield Problem(place, f"no segment has {name} {value!r}; {allowed_names(str(value), known)}")
                sound = False
    if sound and where and not any(fits(entry, where) for entry in attributes):
        yield Problem(base, "no single segment has all of these attributes")


def _values(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else (wanted,)
