"""The development inbox shows what was sent, as text and nowhere else."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.inbox import inbox
from app.outside import sink
from app.settings import Settings


def client(settings: Settings) -> httpx.AsyncClient:
    app = Starlette(routes=inbox(settings))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rawat.example")


def store(settings: Settings, subject: str, body: str) -> None:
    sink(settings).store(
        channel="EMAIL", to="sari@rawat.example", subject=subject, body=body, message_id=subject, wire={}
    )


async def test_the_newest_message_stands_first(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    store(settings, "first", "one")
    store(settings, "second", "two")
    async with client(settings) as http:
        page = (await http.get("/dev/inbox")).text
    assert 0 < page.index("second") < page.index("first") and "sari@rawat.example" in page


async def test_a_message_cannot_become_part_of_the_page(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    store(settings, "<script>alert(1)</script>", "$messages <img src=x onerror=alert(1)> ${to}")
    async with client(settings) as http:
        answer = await http.get("/dev/inbox")
    assert "<script>" not in answer.text and "<img" not in answer.text
    assert "&lt;script&gt;" in answer.text and "$messages" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_an_empty_inbox_says_so(tmp_path: Path) -> None:
    async with client(Settings(data_dir=tmp_path)) as http:
        assert "Nothing yet" in (await http.get("/dev/inbox")).text


@pytest.mark.parametrize("path", ["/dev/inbox", "/dev/inbox/"])
async def test_there_is_no_inbox_in_production(tmp_path: Path, path: str) -> None:
    settings = Settings(environment="production", data_dir=tmp_path, secret_key="s" * 40, event_key="e" * 40)
    async with client(settings) as http:
        assert (await http.get(path)).status_code == 404
