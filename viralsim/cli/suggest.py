"""Options and choices that say "did you mean ...?"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

import click

__all__ = ["Choice", "Setting", "did_you_mean"]


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """ " Did you mean 'run'?" for the nearest allowed name, or nothing.

    Examples
    --------
    >>> did_you_mean("rnu", ["run", "show"])
    " Did you mean 'run'?"
    """
    names = {name.lower().replace("_", "-"): name for name in allowed}
    plain = word.lower().replace("_", "-")
    near = difflib.get_close_matches(plain, list(names), n=1, cutoff=0.55)
    near = near or [name for name in names if len(plain) >= 3 and name.startswith(plain)][:1]
    return f" Did you mean {names[near[0]]!r}?" if near else ""


class Choice(click.Choice):
    """A choice whose error names the nearest of the allowed words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The chosen word; a usage error with the nearest one otherwise."""
        words = [str(choice) for choice in self.choices]
        if value not in words:
            self.fail(
                f"{value!r} is not known.{did_you_mean(str(value), words)} Allowed: {', '.join(words)}.",
                param,
            )
        return value


class Setting(click.ParamType):
    """``path=value`` with a YAML value."""

    name = "path=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """(path, value); a usage error if there is no path or the value is not YAML."""
        if isinstance(value, tuple):
            return value
        path, sign, text = str(value).partition("=")
        if not sign or not path.strip():
            self.fail(
                f"{value!r} has no value. Write path=value, such as items.0.share_prob=0.02; quotes keep "
                "blanks together.",
                param,
            )
        from viralsim.spec.yaml_reader import read_value

        try:
            return path.strip(), read_value(text)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param)
