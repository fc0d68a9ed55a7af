"""What lift, marginal returns and tipping points have in common: a study is run, printed, and written if asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from viralsim.cli.jobs import Progress, run_job

__all__ = ["tell_study"]


def tell_study(
    work: Callable[[Progress], Any],
    progress: Progress,
    show: Callable[[Any], None],
    write: Callable[[Path, Any], None],
    files: str,
    *,
    as_json: bool,
    quiet: bool,
    out: Path | None,
) -> None:
    """Run a study with progress, show it (or its ``to_dict()`` as JSON), and write it to `out`.

    Parameters
    ----------
    work : callable
        Gets the progress to report to and returns the study.
    progress : Progress
    show, write : callable
    files : str
        What `write` writes, named in a note.
    """
    from viralsim.cli.plan import say_if_cold
    from viralsim.cli.render import note, print_json

    say_if_cold(progress, quiet)
    found = run_job(work, progress, quiet)
    if as_json:
        print_json(found.to_dict())
    else:
        show(found)
    if out is not None:
        write(out, found)
        note(f"Written to {out}: {files}", quiet)
