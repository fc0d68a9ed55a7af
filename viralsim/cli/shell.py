"""From arguments to an exit code: what goes wrong is said in a sentence, never as a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence

import click

from viralsim.cli.ending import INTERRUPTED, heard, interrupted
from viralsim.cli.group import OutputClosedError, root
from viralsim.cli.jobs import Interrupted
from viralsim.errors import ScenarioError, ViralsimError

__all__ = ["BAD_INPUT", "DONE", "INTERRUPTED", "SOME_FAILED", "UNEXPECTED", "run_command"]

_CANNOT_WRITE = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT)
DONE, UNEXPECTED, BAD_INPUT, SOME_FAILED = 0, 1, 2, 3


def run_command(arguments: Sequence[str] | None = None, prog_name: str = "viralsim") -> int:
    """Run one command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        None: those of the process.
    prog_name : str

    Returns
    -------
    int
        Exit code.
    """
    for name in ("stdout", "stderr"):  # closed by whoever started us
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - stays open
    for stream in (sys.stdout, sys.stderr):  # a narrow terminal encoding must not end a long run
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    return _guarded(None if arguments is None else list(arguments), prog_name)


def _guarded(arguments: list[str] | None, prog_name: str) -> int:
    """The exit code of a command line, whatever happens in it."""
    try:
        code = root.main(args=arguments, prog_name=prog_name, standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except Interrupted as stop:
        _say(str(stop))
        return INTERRUPTED
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except OutputClosedError:
        _drop_output()
        return DONE
    except ScenarioError as error:
        return _scenario_problems(error)
    except ViralsimError as error:
        _say(f"error: {error}")
        return BAD_INPUT
    except MemoryError:
        _say("error: out of memory. Fewer people or threads need less; --dry-run says how much beforehand.")
        return UNEXPECTED
    except OSError as error:
        if error.filename is None and error.errno in _CANNOT_WRITE:
            _drop_output()
            _say(f"error: the output cannot be written: {error.strerror}")
            return UNEXPECTED
        if error.filename is None or os.environ.get("VIRALSIM_DEBUG"):
            return _crash(error)
        _say(f"error: {error.filename}: {error.strerror or error}")
        return UNEXPECTED
    except Exception as error:
        return _interrupted() if interrupted() else _crash(error)  # a library made an error of Ctrl-C


def _interrupted() -> int:
    heard()
    _say("interrupted; nothing was written.")
    return INTERRUPTED


def _drop_output() -> None:
    """Let what is left to write go nowhere, so that it cannot fail again when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(f"viralsim: {text}", file=sys.stderr)


def _scenario_problems(error: ScenarioError) -> int:
    """Every problem on its own line, as an editor can jump to; then how many."""
    with contextlib.suppress(OSError, ValueError):
        for problem in error.problems:
            print(problem, file=sys.stderr)
    count = len(error.problems)
    _say(f"{count} problem{'s' * (count != 1)}; nothing was run.")
    return BAD_INPUT


def _crash(error: Exception) -> int:
    """One sentence, and the details in a file (or on the screen, if asked for)."""
    if os.environ.get("VIRALSIM_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
        return UNEXPECTED
    what = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    place = _crash_log(error)
    details = f"The details are in {place}" if place else "VIRALSIM_DEBUG=1 shows the details"
    _say(f"unexpected error: {what}. {details}; please report it with them.")
    return UNEXPECTED


def _crash_log(error: Exception) -> str | None:
    """Path of a file with traceback, versions and command; None if none can be written."""
    try:
        from viralsim.provenance import versions

        name = f"viralsim-crash-{time.strftime('%Y%m%d-%H%M%S')}-"
        with tempfile.NamedTemporaryFile(
            "w", prefix=name, suffix=".txt", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"command: {sys.argv}\nversions: {versions()}\n\n")
            log.write("".join(traceback.format_exception(error)))
            return log.name
    except Exception:
        return None
