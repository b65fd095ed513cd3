"""Pages that an HTTP route answers with instead of what was asked for: in the product's words and looks."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

_STYLES = ("/tokens.css", "/styles/base.css", "/styles/controls.css", "/styles/shell.css")


class Instead(Exception):
    """Ends a route early with another answer than the file that was asked for."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def answer_page(
    status: int, title: str, text: str, *, action: tuple[str, str], headers: dict[str, str] | None = None
) -> HTMLResponse:
    """Say one thing: what it is, what is safe, what next.

    Args:
        status: HTTP status.
        title: The page's heading.
        text: One or two sentences.
        action: Words and path of the next step.
        headers: More headers of the answer.
    """
    styles = "".join(f'<link rel="stylesheet" href="{path}">' for path in _STYLES)
    label, path = action
    content = (
        '<!doctype html><html lang="en" class="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow"><link rel="icon" href="/favicon.svg" type="image/svg+xml">'
        # Before the styles, so that the first paint has the theme already.
        f'<title>{escape(title)} · Kagibag</title><script src="/theme.js"></script>{styles}</head>'
        '<body><main class="alone stack"><span class="brand">Kagibag</span>'
        f'<h1>{escape(title)}</h1><p class="mute">{escape(text)}</p>'
        f'<div class="row wrap"><a class="btn btn-primary" href="{escape(path)}">{escape(label)}</a></div>'
        "</main></body></html>"
    )
    return HTMLResponse(content, status, headers=headers)
