"""``viralsim verify``: is the simulator right? Theory against simulation, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.jobs import Progress, run_job, writing
from viralsim.cli.options import MOST_SEED, force_option, json_option, quiet_option, threads_option
from viralsim.cli.suggest import Choice, did_you_mean
from viralsim.verify.groups import GROUPS, Parameter, parameter_groups, setting_name

if TYPE_CHECKING:
    from viralsim.verify.running import Verification

__all__ = ["command"]


class GroupName(click.ParamType):
    """The name of a group of checks."""

    name = "group"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name; a usage error with the nearest one otherwise."""
        if value not in GROUPS:
            self.fail(
                f"there is no group {value!r}.{did_you_mean(value, GROUPS)} Groups: {', '.join(GROUPS)}.",
                param,
                ctx,
            )
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Names that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in GROUPS if name.startswith(incomplete)]


class WholeNumber(click.ParamType):
    """A whole number, also written as 1e6."""

    name = "whole number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number as int."""
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if number != number or number in (float("inf"), -float("inf")) or number != int(number):
            self.fail(f"{value!r} is not a whole number", param, ctx)
        return int(number)


def parameter_options(function: Any) -> Any:
    """An option for each parameter of each group; the same name means the same thing."""
    for name, owners in reversed(list(parameter_groups().items())):
        kind: Any = WholeNumber() if all(p.kind == "whole" for _, p in owners) else float
        if owners[0][1].kind == "choice":
            words = dict.fromkeys(word for _, parameter in owners for word in parameter.choices)
            kind = Choice(list(words))
        defaults = "; ".join(f"{group}: {parameter.default}" for group, parameter in owners)
        text = f"{owners[0][1].help[:1].upper()}{owners[0][1].help[1:]} ({defaults})."
        function = click.option(f"--{name}", setting_name(name), type=kind, help=text)(function)
    return function


@click.command("verify", epilog="\b\nGroups:\n" + "\n".join(f"  {n:<18}{g.title}" for n, g in GROUPS.items()))
@click.argument("groups", metavar="[GROUP]...", nargs=-1, type=GroupName())
@click.option(
    "--full/--quick", default=False, help="The long version (about 15 minutes), or one within a minute."
)
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), metavar="PAGE.HTML|FOLDER",
    help="Write a page with figures; into a folder: page, table and verify.json.",
)  # fmt: skip
@force_option
@click.option(
    "--seed", type=click.IntRange(0, MOST_SEED), default=1, show_default=True, help="Seed of all luck."
)
@threads_option
@json_option
@quiet_option
@parameter_options
@click.pass_context
def command(
    ctx: click.Context,
    groups: tuple[str, ...],
    full: bool,
    out: Path | None,
    force: bool,
    seed: int,
    threads: int | None,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Hold the simulator against theory on this machine: every claim, what is expected, what came out.

    \b
    viralsim verify                             all groups, quick
    viralsim verify percolation bass --full
    viralsim verify percolation --degree 5 --prob 0.3
    viralsim verify --out verify.html           with figures

    What is expected is computed from theory for the numbers asked, never looked up. Exit code 3 if a check disagrees.
    """
    given = {name: value for name, value in values.items() if value is not None}
    chosen = groups or (() if not given else _owners(given))
    _check_parameters(chosen, given)
    if out is not None:
        _check_free(out, force)
    found = _verify(chosen, full, seed, threads, given, quiet)
    if as_json:
        from viralsim.cli.render import print_json

        print_json(found.to_dict())
    else:
        _print(found)
    if out is not None:
        with writing("drawing figures and writing the page", quiet):
            written = _write(found, out)
        from viralsim.cli.render import note

        note(f"Written: {', '.join(str(path) for path in written)}", quiet)
    if not found.passed:
        ctx.exit(3)


def _owners(given: dict[str, Any]) -> tuple[str, ...]:
    """Groups that have all the parameters given, if no group is named."""
    table = parameter_groups()
    names = [
        group
        for group in GROUPS
        if all(group in [owner for owner, _ in table[name.replace("_", "-")]] for name in given)
    ]
    if not names:
        raise click.UsageError(
            f"no group has all of {', '.join('--' + name.replace('_', '-') for name in given)}; name the groups meant"
        )
    return tuple(names)


def _check_parameters(groups: tuple[str, ...], given: dict[str, Any]) -> None:
    """Every parameter belongs to a group that is run, and lies within that group's bounds."""
    from viralsim.errors import SpecError
    from viralsim.verify.groups import checked_value

    table = parameter_groups()
    for name, value in given.items():
        option = name.replace("_", "-")
        owners: list[tuple[str, Parameter]] = table[option]
        used = [(group, parameter) for group, parameter in owners if not groups or group in groups]
        if not used:
            raise click.UsageError(
                f"--{option} changes nothing about {', '.join(groups)}; it belongs to "
                f"{', '.join(group for group, _ in owners)}"
            )
        for group, parameter in used:
            try:
                checked_value(parameter, value)
            except SpecError as error:
                raise click.UsageError(f"--{error} (group {group})") from None


def _verify(
    groups: tuple[str, ...], full: bool, seed: int, threads: int | None, given: dict[str, Any], quiet: bool
) -> Verification:
    from viralsim.cli.plan import say_if_cold

    def work(report: Progress) -> Verification:
        from viralsim.verify.check import Setting
        from viralsim.verify.running import verify_groups

        setting = Setting(full, seed, threads or os.cpu_count() or 1, given)

        def tell(done: int, total: int, claim: str) -> None:
            report(done, total)
            report.say(claim[:70])

        return verify_groups(groups, setting, tell)

    progress = Progress("verify", "checks")
    progress.note = "loading"
    say_if_cold(progress, quiet)
    return run_job(work, progress, quiet)


def _print(found: Verification) -> None:
    """The table, then what happened in a sentence."""
    from viralsim.cli.render import PLAIN_WIDTH, console, print_table
    from viralsim.report.verify_page import outcome_cells

    rows: list[tuple[str, ...]] = []
    sections: list[int] = []
    last = ""
    for outcome in found.outcomes:
        if outcome.group != last:
            sections.append(len(rows))
        expected, got, away, verdict = outcome_cells(outcome)
        label = outcome.group if outcome.group != last else ""
        last = outcome.group
        rows.append((label, outcome.claim, expected, got, away, verdict, outcome.source))
    heads = ("group", "claim", "expected", "got", "SE away", "verdict", "source")
    if console().width >= PLAIN_WIDTH:
        print_table(heads, rows, numeric=(2, 3, 4), sections=sections)
    else:
        print_table(heads[:6], [row[:6] for row in rows], numeric=(2, 3, 4), sections=sections)
    click.echo()
    click.echo(found.sentence())
    click.echo(
        f"{'Full' if found.full else 'Quick'} version, seed {found.seed}, {found.seconds:,.0f} s. Agrees: within 4 "
        "standard errors (SE), or within the allowance stated where theory is for an endless audience."
    )


def _is_page(out: Path) -> bool:
    return out.suffix.lower() in (".html", ".htm")


def _check_free(out: Path, force: bool) -> None:
    """Refuse to write over something before anything is computed."""
    from viralsim.errors import StoreError

    if _is_page(out):
        if out.exists() and not force:
            raise StoreError(f"{out} exists; give another name, or --force to replace it")
        if not out.absolute().parent.is_dir():
            raise StoreError(f"{out}: there is no folder {out.absolute().parent}; make it first")
        return
    if out.exists() and not out.is_dir():
        raise StoreError(f"{out} is a file; give a folder, or a name that ends in .html for a page alone")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise StoreError(f"{out} is not empty; give another folder, or --force to replace what is in it")


def _write(found: Verification, out: Path) -> list[Path]:
    """The page, or a folder of page, table and record."""
    import json

    from viralsim.report.tables import make_folder, write_csv
    from viralsim.report.verify_page import VERIFY_FIELDS, verify_page, verify_rows
    from viralsim.report.verify_record import verification_record

    page = verify_page(found)
    if _is_page(out):
        out.write_text(page, encoding="utf-8")
        return [out]
    make_folder(out)
    (out / "verify.html").write_text(page, encoding="utf-8")
    table = write_csv(out / "verify.csv", VERIFY_FIELDS, verify_rows(found))
    record = out / "verify.json"
    text = json.dumps(verification_record(found), indent=1, allow_nan=False) + "\n"
    record.write_text(text, encoding="utf-8")
    return [out / "verify.html", table, record]
