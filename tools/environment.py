"""Make or update the project's environment in .venv from the hashed lock (called by ./run and ./test).

Standard library only: it runs before anything is installed. The stamp is removed first and written
last, so an environment is either complete or made again; a lock file held by the process keeps two
makers apart and is let go by the system however the process ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MAKING = VENV / "viralsim-making"  # there while .venv is ours and not complete
STAMP = VENV / "viralsim-stamp"


def say(text: str) -> None:
    print(f"viralsim: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    say(text)
    raise SystemExit(2)


def stamp_bytes(*names: str) -> bytes:
    """What tools/environment.sh compares: the place and the text of the files."""
    return f"{ROOT}\n".encode() + b"".join((ROOT / name).read_bytes() for name in names)


def only_one_maker() -> object:
    """Wait until no other process is making this environment; keep the result to stay the only one."""
    handle = open(ROOT / ".venv.lock", "w")  # noqa: SIM115 - held until the process ends
    try:
        import fcntl
    except ImportError:
        return handle
    os.set_inheritable(handle.fileno(), True)  # a pip that outlives a killed maker keeps the lock too
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("waiting for another process that is making the environment")
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def do(what: str, *command: str) -> None:
    """Run one stage quietly; show its output only when it fails."""
    say(what)
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, close_fds=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        fail(f"stopped at: {what}. The lines above say why; run the same command again to go on.")


def pip(what: str, *arguments: str) -> None:
    flags = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location")
    do(what, str(VENV / "bin" / "python"), "-m", "pip", "install", *flags, *arguments)


def create_venv() -> None:
    """A fresh .venv; one that ./run did not make is never touched."""
    if VENV.exists():
        if not (MAKING.exists() or STAMP.exists()):
            fail(
                f"{VENV} exists and was not made by ./run or ./test, so it is left alone. "
                "Remove or rename it, then run the same command again."
            )
        shutil.rmtree(VENV)
    VENV.mkdir()
    MAKING.touch()
    version = ".".join(map(str, sys.version_info[:3]))
    do(
        f"making the environment in .venv with Python {version} (once)",
        sys.executable,
        "-m",
        "venv",
        str(VENV),
    )


def usable_venv() -> bool:
    """Whether .venv is ours, complete, in its place and of a Python that still runs."""
    if MAKING.exists() or not STAMP.exists() or not STAMP.read_bytes().startswith(f"{ROOT}\n".encode()):
        return False
    try:
        return subprocess.run([VENV / "bin" / "python", "-c", ""]).returncode == 0
    except OSError:
        return False


def make_base() -> None:
    wanted = stamp_bytes("pyproject.toml", "requirements.lock")
    if usable_venv():
        if STAMP.read_bytes() == wanted:
            return  # made by the process just waited for
        MAKING.touch()
        STAMP.unlink()
    else:
        create_venv()
    locked = ("--require-hashes", "--no-deps", "-r", str(ROOT / "requirements.lock"))
    pip("installing what the lock names (about a minute)", *locked)
    pip("installing viralsim itself", "--no-build-isolation", "--no-deps", "-e", str(ROOT))
    for old in VENV.glob("viralsim-stamp-*"):
        old.unlink()  # an extra may have been changed by the new lock: look at it again
    write_stamp(STAMP, wanted)
    MAKING.unlink()


def make_extra(name: str) -> None:
    stamp = VENV / f"viralsim-stamp-{name}"
    wanted = stamp_bytes(f"requirements-{name}.lock")
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    locked = ("--require-hashes", "--no-deps", "-r", str(ROOT / f"requirements-{name}.lock"))
    pip(f"installing what `{name}` needs (once)", *locked)
    write_stamp(stamp, wanted)


def write_stamp(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - VIRALSIM_PYTHON may name any Python
        fail(f"Python 3.11 or later is needed; {sys.executable} is {sys.version.split()[0]}.")
    keep = only_one_maker()
    name = sys.argv[1] if len(sys.argv) > 1 else "base"
    try:
        make_base() if name == "base" else make_extra(name)
    except KeyboardInterrupt:
        say("interrupted; the next ./run goes on")
        raise SystemExit(130) from None
    del keep


if __name__ == "__main__":
    main()
