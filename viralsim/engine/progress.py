"""A progress bar on stderr for `progress=True`."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["bar"]


def bar(what: str = "replicates") -> Callable[[int, int], None]:
    """A callback (done, total) that draws a bar on stderr and leaves when all is done; `what` is counted."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task(what, total=None)

    def report(done: int, total: int) -> None:
        if done == 0:
            progress.start()
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    return report
