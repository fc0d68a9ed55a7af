"""Laws as they are typed on the command line: durations and offspring."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["DurationText", "OffspringText"]


class DurationText(click.ParamType):
    """A duration: ``2`` (exponential, mean hours), ``fixed:24``, ``lognormal:6,0.5``, ``power-law:0.083,0.23``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The law as models take it."""
        if not isinstance(value, str):
            return value
        kind, _, numbers = value.partition(":") if ":" in value else ("exponential", ":", value)
        try:
            law = (kind.strip(), *(float(number) for number in numbers.split(",")))
        except ValueError:
            self.fail(
                f"{value!r} is no duration. Write mean hours, or a kind with its numbers: fixed:24, exponential:2, "
                "lognormal:6,0.5 (median, sigma), power-law:0.083,0.23 (constant until, theta).",
                param,
                ctx,
            )
        from viralsim.errors import SpecError
        from viralsim.models.durations import check_duration

        try:
            check_duration("duration", law)
        except SpecError as error:
            self.fail(str(error), param, ctx)
        return law


class OffspringText(click.ParamType):
    """A law of offspring: ``1.5`` (Poisson), ``geometric:0.8``, ``negative-binomial:1,0.3``, ``0.5,0.2,0.3``."""

    name = "law"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The law as `branching` takes it."""
        if not isinstance(value, str):
            return value
        kind, colon, numbers = value.rpartition(":")
        try:
            parts = [float(number) for number in numbers.split(",")]
        except ValueError:
            self.fail(
                f"{value!r} is no law of offspring. Write a mean (Poisson), probabilities of 0, 1, 2, ... children "
                "(0.5,0.2,0.3), or geometric:0.8, negative-binomial:1,0.3, fixed:2.",
                param,
                ctx,
            )
        if colon:
            return (kind.strip(), *parts)
        return parts[0] if len(parts) == 1 else parts
