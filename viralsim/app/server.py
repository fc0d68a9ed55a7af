"""Starting the app: pages, static files, guard; on this machine only unless told otherwise."""

import os
import socket
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from viralsim.app.guard import Guard, is_loopback
from viralsim.app.shop import Shop
from viralsim.errors import EngineError

__all__ = ["free_port", "serve"]

INTERRUPTED = 130

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#16264c"/>'
    '<g stroke="#e8821c" stroke-width="2"><path d="M9 16 22 8M9 16l13 8"/></g>'
    '<g fill="#fff"><circle cx="9" cy="16" r="4"/><circle cx="22" cy="8" r="3"/>'
    '<circle cx="22" cy="24" r="3"/></g></svg>'
)


def free_port(host: str, port: int, tries: int = 20) -> int:
    """The first port from `port` on that nobody listens at.

    Raises
    ------
    EngineError
        If there is none.
    """
    for candidate in range(port, min(port + tries, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except PermissionError:
                raise EngineError(
                    f"port {candidate} may not be used; choose one above 1023 with --port"
                ) from None
            except OSError:
                continue
            return candidate
    raise EngineError(f"no free port from {port} to {port + tries - 1}; choose another with --port")


def serve(host: str, port: int, show: bool, keep: Path | None = None) -> None:
    """Serve the app until Ctrl-C, then end the process (exit code 130): kernels that still run need not be waited for.

    Parameters
    ----------
    host : str
        127.0.0.1 for this machine only.
    port : int
    show : bool
        Open it in a browser.
    keep : pathlib.Path, optional
        Folder for finished long runs; None: they end with the app.
    """
    from nicegui import app, ui

    shop = Shop(keep)
    register(shop)
    static = Path(str(resources.files("viralsim.app") / "static"))
    app.add_static_files("/viralsim", static, max_cache_age=0)
    ui.add_head_html('<link rel="stylesheet" href="/viralsim/app.css">', shared=True)
    ui.add_head_html('<script src="/viralsim/app.js" defer></script>', shared=True)
    app.add_middleware(Guard, hosts={"127.0.0.1", "localhost", "::1", host} if is_loopback(host) else None)
    app.on_startup(shop.warm_up)
    app.on_shutdown(shop.close)
    options: dict[str, Any] = {
        "reload": False,
        "show": show,
        "show_welcome_message": False,
        "dark": None,
        "reconnect_timeout": 30.0,
    }
    _run(host=host, port=port, title="viralsim", favicon=_ICON, language="en-US", tailwind=False, **options)


def _run(**options: Any) -> None:
    """Run the server; leave without joining threads that are inside a kernel or compile one."""
    from nicegui import ui

    try:
        ui.run(**options)
    except KeyboardInterrupt:
        pass
    except SystemExit as error:  # the server could not begin; it has said why
        if error.code:
            raise
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def register(shop: Shop) -> None:
    """Name the pages."""
    from nicegui import ui
    from starlette.requests import Request

    from viralsim.app.pages.cascade_page import cascade_page
    from viralsim.app.pages.compare_page import compare_page
    from viralsim.app.pages.gallery_page import gallery_page
    from viralsim.app.pages.jobs_page import jobs_page
    from viralsim.app.pages.lab_page import lab_page
    from viralsim.app.pages.lesson_page import lesson_page, lessons_page
    from viralsim.app.pages.replay_page import replay_page
    from viralsim.app.pages.upload_page import register_uploads, upload_page

    @ui.page("/")
    def _gallery() -> None:
        gallery_page(shop)

    @ui.page("/lab/{name}")
    async def _lab(name: str, request: Request) -> None:
        lab_page(shop, name, request)

    @ui.page("/cascade")
    async def _cascade(request: Request) -> None:
        if "network" in request.query_params:
            await cascade_page(shop, request)
        else:
            await replay_page(shop, request)

    @ui.page("/jobs")
    def _jobs() -> None:
        jobs_page(shop)

    @ui.page("/compare")
    async def _compare_first(request: Request) -> None:
        compare_page(shop, "", request)

    @ui.page("/compare/{name}")
    async def _compare(name: str, request: Request) -> None:
        compare_page(shop, name, request)

    @ui.page("/lessons")
    def _lessons() -> None:
        lessons_page()

    @ui.page("/lesson/{slug}")
    def _lesson(slug: str) -> None:
        lesson_page(slug)

    @ui.page("/upload")
    def _uploads() -> None:
        upload_page(shop)

    register_uploads(shop)
