"""From facts to a page: templates, our own style and scripts, figures in place, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from viralsim.errors import StoreError
from viralsim.metrics.rounding import format_percent
from viralsim.report.figures import Drawn

__all__ = ["PageFigure", "page_figure", "render", "write_page"]

_SCRIPTS = ("player.js", "save.js")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ID = re.compile(r'(\bid="|href="#|url\(#|aria-labelledby=")')


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A figure on a page: its drawing, and the address that its numbers are saved from."""

    name: str
    title: str
    caption: str
    svg: Markup
    csv: str


class _Templates(BaseLoader):
    """Templates that lie beside this module, in an installed wheel too."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        try:
            return _asset(template), template, lambda: True
        except FileNotFoundError:
            raise TemplateNotFound(template) from None


def _asset(name: str) -> str:
    return (resources.files("viralsim.report") / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=_Templates(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["percent"] = format_percent
    environment.filters["breakable"] = breakable
    return environment


def _shown(value: Any) -> Any:
    """What a page prints: texts without the marks that turn the direction of what follows them."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _DIRECTION.sub("", value)
    return value


def breakable(path: str) -> Markup:
    """A dotted path that may be broken after its dots and underscores; escaped."""
    parts = re.split(r"(?<=[._/])", _DIRECTION.sub("", path))
    return Markup("<wbr>").join(parts)


def render(template: str, **content: Any) -> str:
    """A page from its template; every text in `content` is escaped, unless it is markup of our own.

    Parameters
    ----------
    template : str
        A file of the folder ``templates``.
    **content
        What it says.

    Returns
    -------
    str
        HTML that needs nothing else.

    Notes
    -----
    The page's content security policy allows the scripts whose digests it names, and no other; nothing is loaded.
    """
    scripts = {name: Markup(_asset(name)) for name in _SCRIPTS}  # our own files, not a user's words
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts.values())
    return (
        _environment()
        .get_template(template)
        .render(
            **content,
            style=Markup(_asset("style.css")),
            player_script=scripts["player.js"],
            save_script=scripts["save.js"],
            script_hashes=Markup(hashes),
            player_json=_json(content.get("player")),
        )
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _json(value: Any) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def page_figure(drawn: Drawn) -> PageFigure:
    """A figure's drawing with ids of its own, and its numbers as an address."""
    svg = drawn.svg().decode("utf-8")
    svg = svg[svg.index("<svg") :]
    svg = _ID.sub(lambda match: f"{match.group(1)}{drawn.name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    data = f"data:text/csv;charset=utf-8,{quote(drawn.csv())}"
    return PageFigure(drawn.name, drawn.title, drawn.caption, Markup(svg), data)


def write_page(text: str, path: Path, force: bool = False) -> Path:
    """Write a page, whole or not at all.

    Raises
    ------
    StoreError
        If something is there already (and not `force`), or it cannot be written.
    """
    if path.is_dir() or (path.exists() and not force):
        raise StoreError(f"{path}: exists already; name another file, or replace it with --force")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); name another place"
        ) from None
    return path
