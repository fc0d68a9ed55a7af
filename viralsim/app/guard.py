"""Who may talk to the app: this machine's browser on the app's own pages, nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Guard", "host_of", "is_loopback"]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_LOCAL = ("127.0.0.1", "localhost", "::1")
_GONE = "No response returned."  # so starlette says that a browser closed the connection
_SAFE = ("GET", "HEAD", "OPTIONS")


def is_loopback(host: str) -> bool:
    """Whether an address is this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return host in _LOCAL or host.startswith("127.")


def host_of(authority: str) -> str:
    """Host without port.

    Examples
    --------
    >>> host_of("localhost:8080"), host_of("[::1]:8080")
    ('localhost', '::1')
    """
    return urlsplit(f"//{authority}").hostname or ""


class Guard:
    """Refuses requests under another host's name (DNS rebinding) and from other sites' pages.

    Parameters
    ----------
    app : ASGI application
    hosts : iterable of str, optional
        Names under which the app may be asked; None where others are let in, under whatever name.
    """

    def __init__(self, app: Any, hosts: Iterable[str] | None) -> None:
        self.app, self.hosts = app, None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] not in ("http", "websocket") or self.allows(scope):
            await self._pass_on(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"viralsim answers its own pages only\n"})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer; that whoever asked went away before it could is no error to print."""
        try:
            await self.app(scope, receive, send)
        except RuntimeError as error:
            if str(error) != _GONE:
                raise

    def allows(self, scope: Scope) -> bool:
        """Whether a request is from one of the app's own pages (or no page at all, for reading)."""
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if self.hosts is not None and host_of(headers.get("host", "")) not in self.hosts:
            return False
        origin = headers.get("origin")
        if origin is None:
            return scope["type"] == "http" and scope["method"] in _SAFE
        return urlsplit(origin).netloc == headers.get("host")
