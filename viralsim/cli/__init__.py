"""The command line: parse, one library call, render. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, prog_name: str = "viralsim") -> None:
    """Run the command line and end the process, whose Ctrl-C is this function's from now on, with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; None: those of the process.
    prog_name : str
        Name shown in usage lines.

    Raises
    ------
    SystemExit
        0 done, 1 unexpected, 2 bad input, 3 some runs failed. Interrupted (130), the process ends without it.
    """
    from viralsim.cli.ending import INTERRUPTED, Interruptions, leave

    interruptions = Interruptions()
    interruptions.take_over()
    try:
        from viralsim.cli.shell import run_command

        code = run_command(arguments, prog_name)
    except KeyboardInterrupt:  # before anything was set up, or while something else was told
        interruptions.over()
        print("viralsim: interrupted.", file=sys.stderr)
        code = INTERRUPTED
    interruptions.over()
    if code == INTERRUPTED:
        leave(code)
    raise SystemExit(code)
