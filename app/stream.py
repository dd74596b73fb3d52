"""A stored file as an answer: whole or a range of it, private, and never taken for anything but what it is."""

import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.media import MediaType
from domain.photo import ADDRESS_STAYS_SAME_FOR
from integrations.storage import Storage

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)
_EXTENSION = {MediaType.JPEG: "jpg", MediaType.MP4: "mp4"}


async def show(request: Request, storage: Storage, key: str, media_type: MediaType) -> Response:
    """The file under `key`, which never changes. Answers one Range; several, or one we cannot read, give the whole
    file, as the standard allows. Raises NotStored."""
    size = await storage.size(key)
    tag = f'"{key.rpartition("/")[2].partition(".")[0]}"'
    headers = _headers(tag, media_type)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    start, end = _asked(request, size, tag)
    if start >= end:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
    is_part = (start, end) != (0, size)
    if is_part:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type.value)
    content = storage.open(key, start=start, end=end)
    return StreamingResponse(content, status_code=status, headers=headers, media_type=media_type.value)


def _headers(tag: str, media_type: MediaType) -> dict[str, str]:
    day = f"{datetime.now(UTC):%Y%m%d}"
    return {
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={int(ADDRESS_STAYS_SAME_FOR.total_seconds())}, immutable",
        "content-disposition": f'inline; filename="rawat-{day}.{_EXTENSION[media_type]}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "etag": tag,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def _asked(request: Request, size: int, tag: str) -> tuple[int, int]:
    """Bytes [start, end) that the request wants; start >= end when the file has none of them."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", tag) != tag:
        return 0, size
    first, last = asked[1], asked[2]
    if not first:
        return (max(0, size - int(last)), size) if last else (0, size)
    if last and int(last) < int(first):
        return 0, size
    return int(first), min(size, int(last) + 1) if last else size
