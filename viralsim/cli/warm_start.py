"""A first run compiles in two processes at once: itself what makes networks, a helper the spreading engine.

The helper fills the cache of compiled kernels with a tiny scenario, which has the same types as every other. The run
takes from the cache what is there when it gets to it and compiles the rest, so it waits for nothing: without a
helper, or with one that fails, it only takes longer.
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
    from viralsim.kernels import cache_folder

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
    return True


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Stop the helper and take note of its end."""
    helper.kill()
    helper.wait()


if __name__ == "__main__":
    from viralsim.cli.warmup_command import compile_scenarios

    compile_scenarios()
