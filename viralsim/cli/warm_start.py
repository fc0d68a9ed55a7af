"""A first run compiles in two processes at once: itself what makes networks, a helper the spreading engine.

The helper begins with the engine, in a world of two people that has the same types as every other. When the run gets to
the engine it waits for the helper, which began earlier, as long as that lives, and compiles the engine of simple
scenarios meanwhile; without a helper, or with one that fails, it compiles what it needs itself and only takes longer.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from viralsim.cli.ending import before_leaving, leave

__all__ = ["start_helper"]

_LOOK_SECONDS = 0.1
_END_SECONDS = 0.5


def start_helper() -> bool:
    """Start the helper where there is a second processor and a cache to share; whether it was started.

    It is stopped when this process ends, should it still be at work then.
    """
    from viralsim.kernels import cache_folder, compiled_elsewhere

    if (os.cpu_count() or 1) < 2 or cache_folder("spread") is None:
        return False
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in places if place)}
    command = [sys.executable, "-P", "-m", "viralsim.cli.warm_start", str(os.getpid())]
    try:
        helper = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return False
    atexit.register(_end, helper)
    before_leaving(lambda: _end(helper))
    compiled_elsewhere("spread", lambda: helper.poll() is None, _compile_simple)
    return True


def _compile_simple() -> None:
    """What this process compiles for later while it waits for the helper."""
    from viralsim.cli.warmup_command import compile_engine

    compile_engine(simple=True)


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Stop the helper, which may finish a file it is writing, and take note of its end."""
    if helper.poll() is None:
        helper.terminate()
        try:
            helper.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            helper.kill()
    helper.wait()


def _help(parent: int) -> None:
    """The helper's life: compile, and end when that is done, when told to, or when the process it helps is gone."""
    over = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too, but who started it says when to end
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    threading.Thread(target=_compile, args=(over,), daemon=True).start()
    while not over.wait(_LOOK_SECONDS) and os.getppid() == parent:
        pass
    leave(0)


def _compile(over: threading.Event) -> None:
    """Compile in a thread of its own: one that is inside LLVM hears no signal."""
    from viralsim.cli.warmup_command import compile_engine, compile_scenarios

    try:
        compile_engine()
        compile_scenarios()
    finally:
        over.set()


if __name__ == "__main__":
    _help(int(sys.argv[1]))
