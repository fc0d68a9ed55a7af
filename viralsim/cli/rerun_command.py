"""``viralsim rerun``: the same run again, and whether it gives the same bytes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viralsim.cli.options import force_option, out_folder_option, quiet_option, threads_option

if TYPE_CHECKING:
    from viralsim.spec import Scenario

__all__ = ["command", "read_record", "recorded_scenarios", "repeated", "version_differences"]


_KINDS = {
    "sensitivity": "a sensitivity study",
    "tipping": "a search for a tipping point",
    "lift": "a study of lift",
    "marginal": "a study of marginal returns",
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "seed": int,
    **dict.fromkeys(("replicates", "draws"), (int, type(None))),  # none: as the scenario says
    **dict.fromkeys(("versions", "files"), dict),
    "fixed": bool,
    "scenarios": list,
}
_OF_KIND: dict[str, dict[str, type | tuple[type, ...]]] = {
    "compare": {"metric": str, "metrics": list},
    "sensitivity": {"laws": dict, "metric": str, "samples": int, "curve_replicates": int},
    "tipping": {"path": str, "range": list},
    "marginal": {"metric": str, "more": (int, float)},
}


@click.command("rerun")
@click.argument("run_file", metavar="RUN.JSON", type=click.Path(path_type=Path))
@threads_option
@out_folder_option
@force_option
@quiet_option
@click.pass_context
def command(
    ctx: click.Context, run_file: Path, threads: int | None, out: Path | None, force: bool, quiet: bool
) -> None:
    """Repeat a run, comparison or study from its run.json and check that the tables are the same, byte for byte.

    Exit code 1 if they are not; then it says which version differs.
    """
    from viralsim.cli.folder import check_free
    from viralsim.cli.render import note
    from viralsim.cli.rerun_studies import STUDIES, study_again
    from viralsim.provenance import versions

    if out is not None:
        check_free(out, force)
    record = read_record(run_file, ("run", "compare", *STUDIES))
    scenarios = recorded_scenarios(record, run_file)
    differing = version_differences(record["versions"], versions())
    for text in differing:
        note(f"note: {text}", quiet)
    if record["kind"] in STUDIES:
        found = study_again(record, scenarios[0][1], threads, out, force, quiet)
    else:
        found = _again(record, scenarios, threads, out, force, quiet)
    changed = [name for name, digest in found.items() if record["files"].get(name) != digest]
    if not changed:
        click.echo(f"The same bytes as before: {', '.join(found)} (seed {record['seed']}).")
        return
    why = (
        f"what differs: {'; '.join(differing)}"
        if differing
        else "the versions are the same: please report it"
    )
    click.echo(f"Not the same bytes: {', '.join(changed)}; {why}.")
    ctx.exit(1)


def _again(
    record: dict[str, Any],
    scenarios: list[tuple[str, Scenario]],
    threads: int | None,
    out: Path | None,
    force: bool,
    quiet: bool,
) -> dict[str, str]:
    """Run it, write it, and return the digests of its tables (figures carry the drawing library's version)."""
    from viralsim.cli import folder as folders
    from viralsim.cli.jobs import writing

    subject = repeated(record, scenarios, threads, quiet)
    write = folders.write_run if record["kind"] == "run" else folders.write_comparison
    with tempfile.TemporaryDirectory(prefix="viralsim-rerun-") as temporary:
        place = Path(temporary) / "run" if out is None else out
        with writing("writing", quiet):
            write(subject, place, force, figures=out is not None)
        digests = folders.file_digests(place)
    return {name: digest for name, digest in digests.items() if name.endswith(".csv")}


def repeated(
    record: dict[str, Any], scenarios: list[tuple[str, Scenario]], threads: int | None, quiet: bool
) -> Any:
    """The Ensemble or Comparison of a record, run once more with progress on stderr."""
    from viralsim.cli.compare_command import compare_job
    from viralsim.cli.run_command import simulate_job

    options = {key: record[key] for key in ("seed", "replicates", "draws", "fixed")}
    options["threads"] = threads
    if record["kind"] == "run":
        return simulate_job(scenarios[0][1], options, quiet, explain=False).ensemble
    options.update(
        metric=record["metric"],
        metrics=record["metrics"],
        worthwhile=record["worthwhile"],
        labels=[label for label, _ in scenarios],
    )
    settling = record.get("settling")
    if settling:
        options.update({key: settling[key] for key in ("replicates", "draws", "most_replicates")})
        options["until_settled"] = True
    stop_at = settling["stopped_at"] if settling else None
    return compare_job([scenario for _, scenario in scenarios], options, quiet, stop_at=stop_at)


def read_record(path: Path, kinds: tuple[str, ...] = ("run", "compare")) -> dict[str, Any]:
    """The contents of a run.json (or of the one in a results folder).

    Raises
    ------
    StoreError
        If it is not one, of a kind that is not asked for, or of a version that is not known here.
    """
    from viralsim.cli.folder import FORMAT, FORMAT_VERSION, RUN_FILE
    from viralsim.errors import StoreError

    path = path / RUN_FILE if path.is_dir() else path
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{path}: no such file; name the run.json of a results folder") from None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}: cannot be read as JSON ({error}); name the run.json of a results folder"
        ) from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise StoreError(f"{path}: is not the run.json of a results folder; --out FOLDER writes one")
    if record.get("format_version") != FORMAT_VERSION:
        raise StoreError(
            f"{path}: has format version {record.get('format_version')}, written by viralsim "
            f"{record.get('versions', {}).get('viralsim', '?')}; this viralsim reads version {FORMAT_VERSION}"
        )
    needed = ("kind", "seed", "replicates", "draws", "fixed", "versions", "scenarios", "files", "digest")
    missing = [key for key in needed if key not in record]
    if record.get("kind") == "sweep" and "sweep" not in kinds:
        raise StoreError(
            f"{path}: is of a sweep; its command with --resume repeats what is missing, and viralsim report "
            f"{path.parent} draws its page"
        )
    missing += [
        key
        for key, kind in {**_TYPES, **_OF_KIND.get(str(record.get("kind")), {})}.items()
        if not isinstance(record.get(key), kind) and key not in missing
    ]
    if not missing and record["kind"] in _KINDS and record["kind"] not in kinds:
        raise StoreError(
            f"{path}: is of {_KINDS[record['kind']]}, which has no page; its tables and figures are in {path.parent}, "
            "and viralsim rerun repeats it"
        )
    if missing or record["kind"] not in kinds or not record["scenarios"]:
        raise StoreError(
            f"{path}: is damaged (missing or unusable: {', '.join(missing) or 'kind'}); run it anew"
        )
    return record


def recorded_scenarios(record: dict[str, Any], path: Path) -> list[tuple[str, Scenario]]:
    """Label and scenario of each that was run, checked against its digest.

    Raises
    ------
    ScenarioError
        If one can no longer be used, e.g. because its network's file is gone.
    StoreError
        If one is no longer the same.
    """
    import dataclasses

    from viralsim.errors import StoreError
    from viralsim.spec import Scenario

    found = []
    for entry in record["scenarios"]:
        scenario = dataclasses.replace(Scenario.from_dict(entry["document"], path.parent), name=entry["name"])
        if scenario.digest != entry["digest"]:
            raise StoreError(
                f"{path}: scenario {entry['name']!r} now has the digest {scenario.digest[:12]}, then "
                f"{entry['digest'][:12]}: the file of a network has changed, or defaults differ (written by viralsim "
                f"{record['versions'].get('viralsim', '?')}); the same results cannot be had"
            )
        found.append((str(entry["label"]), scenario))
    return found


def version_differences(then: dict[str, str], now: dict[str, str]) -> list[str]:
    """What differs between two sets of versions, a phrase each."""
    return [
        f"{name} was {then.get(name, 'not recorded')}, is {now[name]}"
        for name in now
        if then.get(name) != now[name]
    ]
