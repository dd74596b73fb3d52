"""What strangers send as photos and clips, through GraphQL and the door for files, is kept clean or refused."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.photo import MAX_WAITING_UPLOADS, UploadState
from integrations.storage.signing import sign
from models.account import Account
from models.photo import Upload
from schema.photo import LOOK_PURPOSE, SEND_PURPOSE
from tests import job as jobs
from tests import world
from tests.input.file import File, corpus
from tests.input.hostile import STRINGS, shows_inside
from tests.integrations.media_sample import CANARY, JAKARTA, photo
from tests.job import KEY, Desk, Job

AT_LEAST = 60
AT_A_TIME = 3
NAMES = (
    "../../../etc/passwd", "a\u202egpj.exe", "x" * 300 + ".jpg", "photo.jpg.php", "CON", "%00.jpg", "..\\..\\a.jpg",
    ".htaccess", "photo.jpg/", "",
)  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with jobs.desk(tmp_path) as each:
        yield each


@pytest.fixture
async def job() -> Job:
    return await jobs.running()


async def sent(desk: Desk, job: Job, file: File) -> str | None:
    """What is wrong with the answer to the file, or None."""
    announced = await desk.announce(job, file.content or b"x", file.type)
    if announced["__typename"] == "Refusal":  # before a byte was sent
        return None if 413 in file.right and announced["code"] == "MEDIA_NOT_ACCEPTED" else f"{file.name}: {announced}"
    answer = await desk.put(announced["putUrl"], file.content)
    if answer.status_code not in file.right:
        return f"{file.name}: {answer.status_code} {answer.text}"
    if inside := shows_inside(answer.text):
        return f"{file.name}: {inside}"
    if answer.status_code != 200 and not answer.json()["message"].endswith("."):
        return f"{file.name}: {answer.text}"
    return None


async def test_every_file_of_the_corpus_is_kept_clean_or_refused(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    files, turn = corpus(folder), asyncio.Semaphore(AT_A_TIME)
    places = [await jobs.running(hour=7 + number) for number in range(len(files) // MAX_WAITING_UPLOADS + 1)]

    async def send(number: int, file: File) -> str | None:
        async with turn:
            return await sent(desk, places[number // MAX_WAITING_UPLOADS], file)

    found = await asyncio.gather(*(send(*each) for each in enumerate(files)))
    assert [each for each in found if each] == []
    assert len(files) >= AT_LEAST and len({file.name for file in files}) == len(files)
    ready = await Upload.filter(state=UploadState.READY)
    names = {name for each in ready for name in (each.storage_key, each.thumbnail_key)}
    kept = desk.files()
    assert {path.relative_to(desk.stored).as_posix() for path in kept} == names
    for path in kept:
        content = path.read_bytes()
        for secret in (CANARY, JAKARTA.encode(), b"<script", b"<?php", b"PK\x03\x04", b"%PDF"):
            assert secret not in content, path
    assert desk.door.receiving == 0


async def test_names_are_never_used_on_disk(desk: Desk, job: Job) -> None:
    for name in NAMES:
        announced = await desk.announce(job, photo())
        headers = [(b"content-disposition", f'attachment; filename="{name}"'.encode())]
        path = urlsplit(announced["putUrl"]).path
        answer = await desk.http.put(path, content=photo(), headers=headers)
        assert answer.status_code == 200
        row = await Upload.get(id=announced["id"])
        assert row.storage_key and (desk.stored / row.storage_key).is_file()
    assert len(desk.files()) == 2 * len(NAMES)


async def test_a_body_that_is_not_what_its_headers_say(desk: Desk, job: Job) -> None:
    form, part = "multipart/form-data; boundary=x", b"--x\r\ncontent-disposition: form-data\r\n\r\na\r\n"
    cases: tuple[tuple[bytes, dict[str, Any], int], ...] = (
        (gzip.compress(photo()), {"content-encoding": "gzip"}, 415),
        (photo(), {"content-type": "text/html"}, 200),
        (photo(), {"content-type": form}, 200),
        (part * 1_000, {"content-type": form}, 415),
        (photo()[:-9], {}, 422),
    )  # fmt: skip
    for content, headers, status in cases:
        announced = await desk.announce(job, b"x" * 100_000)
        assert (await desk.put(announced["putUrl"], content, **headers)).status_code == status, headers
    announced = await desk.announce(job, photo())

    def pieces() -> Iterator[bytes]:
        yield from (photo()[at : at + 7] for at in range(0, len(photo()), 7))

    async def many() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    assert (await desk.put(announced["putUrl"], many())).status_code == 200


async def test_what_was_sent_cannot_be_replaced(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    assert (await desk.put(announced["putUrl"], photo())).status_code == 200
    assert (await desk.send(job, announced["id"]))["__typename"] == "PhotoUpdate"
    kept = {path: path.read_bytes() for path in desk.files()}
    other = photo((300, 200))
    assert (await desk.put(announced["putUrl"], other[: len(photo())])).status_code == 200  # the first one's answer
    assert {path: path.read_bytes() for path in desk.files()} == kept
    assert (await desk.send(job, announced["id"]))["code"] == "UPLOAD_ALREADY_USED"


async def test_an_upload_is_its_owners_alone(desk: Desk, job: Job) -> None:
    mine = await desk.upload(job, photo())
    other = await jobs.running(hour=12)
    assert (await desk.send(other, mine))["code"] == "NOT_FOUND"
    stranger = Job(job.customer, other.provider, job.booking)
    assert (await desk.announce(stranger, photo()))["code"] == "NOT_FOUND"
    assert (await desk.send(stranger, mine))["code"] == "NOT_FOUND"
    announced = await desk.announce(job, photo())
    await Account.filter(id=job.provider.id).update(suspended_at=datetime.now(UTC))
    assert (await desk.put(announced["putUrl"], photo())).status_code == 403


async def test_an_address_with_any_change_opens_nothing(desk: Desk, job: Job) -> None:
    announced = await desk.announce(job, photo())
    token = announced["putUrl"].rpartition("/")[2]
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    changed += [token[:-1], token + "A", token + "=", token[1:], token.upper(), token.partition(".")[0], "." + token]
    until, claims = (
        datetime.now(UTC) + timedelta(minutes=5),
        {"account": str(job.provider.id), "upload": announced["id"]},
    )
    changed += [
        sign(b"another key of thirty-two bytes.", SEND_PURPOSE, claims, until),
        sign(KEY.encode(), LOOK_PURPOSE, claims, until),
    ]
    for each in changed:
        answer = await desk.http.put(f"/uploads/{each}", content=photo())
        assert (answer.status_code, answer.json()["code"]) == (403, "ADDRESS_FORGED"), each
    over = sign(KEY.encode(), SEND_PURPOSE, claims, datetime.now(UTC) - timedelta(seconds=1))
    assert (await desk.http.put(f"/uploads/{over}", content=photo())).status_code == 410
    nobodys = sign(KEY.encode(), SEND_PURPOSE, claims | {"account": str((await world.customer()).id)}, until)
    assert (await desk.http.put(f"/uploads/{nobodys}", content=photo())).status_code == 404
    assert desk.files() == []
    assert (await desk.http.put(f"/uploads/{token}", content=photo())).status_code == 200


async def test_hostile_addresses_open_nothing(desk: Desk) -> None:
    for name, text in STRINGS.items():
        escaped = "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")[:3_000])
        for method, start in (("PUT", "/uploads/"), ("GET", "/media/")):
            answer = await desk.http.request(method, start + escaped, content=b"x")
            assert answer.status_code in (400, 403, 404), (name, answer.status_code)
            assert shows_inside(answer.text) is None
    assert desk.files() == []
