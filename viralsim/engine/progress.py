"""A progress bar on stderr for `simulate(progress=True)`."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["bar"]


def bar() -> Callable[[int, int], None]:
    """A callback (done, total) that draws a bar on stderr and leaves when all is done."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task("replicates", total=None)

    def report(done: int, total: int) -> None:
        if done == 0:
            progress.start()
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    return report
