"""HTML of the sandbox's own pages: templates, headers, style sheet and fonts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from kagibag_app.sandbox.currency import amount_text

HERE = Path(__file__).parent
FONTS = HERE.parents[1] / "assets" / "fonts"
FONT_NAMES = ("hanken-grotesk-latin-wght-normal.woff2", "geist-mono-latin-wght-normal.woff2")


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %b %Y, %H:%M:%S")


def _words(text: str) -> str:
    return text.replace("_", " ").capitalize()


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
TEMPLATES.filters |= {"money": amount_text, "moment": _moment, "words": _words}


def page(template: str, *, status: int = 200, leads_to: Iterable[str] = (), **context: Any) -> Response:
    """A page that no cache keeps, no other site frames, and no script runs on.

    Args:
        template: file name in `templates/`.
        status: HTTP status.
        leads_to: addresses a form's answer may redirect to (browsers check redirects against `form-action`).
        **context: the template's values; all of them are escaped.
    """
    origins = sorted({f"{part.scheme}://{part.netloc}" for part in map(urlsplit, leads_to) if part.netloc})
    policy = (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {' '.join(origins)}"
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        # With no-referrer a browser posts the console's own forms with `Origin: null`, which the guard refuses.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
    }
    return HTMLResponse(TEMPLATES.get_template(template).render(**context), status, headers)


async def _style_sheet(request: Request) -> Response:
    return FileResponse(
        HERE / "static" / "sandbox.css", media_type="text/css", headers={"cache-control": "no-cache"}
    )


async def _font(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in FONT_NAMES or not (FONTS / name).is_file():
        return PlainTextResponse("not found", 404)
    return FileResponse(FONTS / name, media_type="font/woff2", headers={"cache-control": "max-age=86400"})


def static_routes() -> list[Route]:
    """The style sheet, and the product's fonts where they are installed."""
    return [Route("/static/sandbox.css", _style_sheet), Route("/static/fonts/{name}", _font)]
