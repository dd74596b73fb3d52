"""The inbox page of a development machine: what would have left the house by mail, WhatsApp and SMS, newest first."""

import asyncio
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.outside import sink
from app.settings import Settings
from integrations.sink import Stored

SHOWN = 100
REFRESH_S = 5
# The page holds login codes: no script, nothing from elsewhere, no frame, no copy in a cache.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
PAGE = Template(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rawat: inbox</title>
<meta http-equiv="refresh" content="$refresh">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:15px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#222}
article{border:1px solid #ccc;border-radius:6px;padding:.5rem 1rem;margin:.7rem 0}
header{color:#666;font-size:13px}h2{font-size:16px;margin:.2rem 0}p{margin:.3rem 0;white-space:pre-wrap}</style>
</head><body><h1>What would have been sent</h1>$messages</body></html>"""
)
MESSAGE = Template("<article><header>$channel to $to, $at</header><h2>$subject</h2><p>$body</p></article>")


def inbox(settings: Settings) -> list[Route]:
    """The route /dev/inbox, or none in production."""
    if settings.is_production:
        return []
    local = sink(settings)

    async def show(request: Request) -> Response:
        messages = await asyncio.to_thread(local.recent, SHOWN)
        shown = "".join(_message(each) for each in messages) or "<p>Nothing yet.</p>"
        return HTMLResponse(PAGE.substitute(refresh=REFRESH_S, messages=shown), headers=HEADERS)

    return [Route("/dev/inbox", show, methods=["GET"])]


def _message(stored: Stored) -> str:
    facts = {name: escape(getattr(stored, name)) for name in ("channel", "to", "at", "subject", "body")}
    return MESSAGE.substitute(facts)
