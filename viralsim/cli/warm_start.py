"""A first run compiles in two processes at once: itself what makes networks, a helper the spreading engine.

The helper begins with the engine, in a world of two people that has the same types as every other. When the run gets to
the engine it waits for the helper, which began earlier, as long as that lives; without one, or with one that fails,
it compiles everything itself and only takes longer.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["start_helper"]


def start_helper() -> bool:
    """Start the helper where there is a second processor and a cache to share; whether it was started.

    It is stopped when this process ends, should it still be at work then.
    """
    from viralsim.kernels import cache_folder, compiled_elsewhere

    if (os.cpu_count() or 1) < 2 or cache_folder("spread") is None:
        return False
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in places if place)}
    command = [sys.executable, "-P", "-m", "viralsim.cli.warm_start"]
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
    compiled_elsewhere("spread", lambda: helper.poll() is None)
    return True


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Stop the helper and take note of its end."""
    helper.kill()
    helper.wait()


if __name__ == "__main__":
    from viralsim.cli.warmup_command import compile_engine, compile_scenarios

    compile_engine()
    compile_scenarios()
