"""Files on disk are whole, private and only where they belong; signed addresses cannot be bent."""

import asyncio
import os
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from integrations.storage import InvalidKey, LocalStorage, NotStored, Storage, new_key
from integrations.storage.signing import MAX_TOKEN_CHARACTERS, Expired, Forged, sign, verify

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=60)
PHOTO = "photo/0199a7c2-0000-7000-8000-000000000001.jpg"


@pytest.fixture
def store(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "store")


def file_with(folder: Path, content: bytes) -> Path:
    path = folder / "incoming"
    path.write_bytes(content)
    return path


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def read(store: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.open(key, start=start, end=end)])


async def test_what_was_put_is_read_back(store: LocalStorage, tmp_path: Path) -> None:
    content = os.urandom(700_000)
    await store.put(PHOTO, file_with(tmp_path, content))
    assert await read(store, PHOTO) == content
    assert await store.size(PHOTO) == len(content)


@pytest.mark.parametrize("start, end", [(0, 10), (5, 5), (262_140, 262_150), (699_990, None), (699_990, 10**9)])
async def test_a_range_of_a_file_is_streamed(store: LocalStorage, tmp_path: Path, start: int, end: int | None) -> None:
    content = os.urandom(700_000)
    await store.put(PHOTO, file_with(tmp_path, content))
    assert await read(store, PHOTO, start, end) == content[start:end]


@pytest.mark.parametrize("start, end", [(-1, None), (5, 4)])
async def test_a_range_that_runs_backwards_is_an_error(store: LocalStorage, start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        await read(store, PHOTO, start, end)


async def test_files_and_folders_are_private(store: LocalStorage, tmp_path: Path) -> None:
    await store.put(PHOTO, file_with(tmp_path, b"x"))
    place = tmp_path / "store" / PHOTO
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700


async def test_a_second_put_replaces_the_first_and_leaves_nothing_else(store: LocalStorage, tmp_path: Path) -> None:
    await store.put(PHOTO, file_with(tmp_path, b"first"))
    await store.put(PHOTO, file_with(tmp_path, b"second"))
    assert await read(store, PHOTO) == b"second"
    assert all_files(tmp_path / "store") == [tmp_path / "store" / PHOTO]


async def test_a_reader_sees_the_old_file_whole_while_a_new_one_is_put(store: LocalStorage, tmp_path: Path) -> None:
    old, new = b"o" * 600_000, b"n" * 600_000
    await store.put(PHOTO, file_with(tmp_path, old))
    pieces = store.open(PHOTO)
    first = await anext(pieces)
    await store.put(PHOTO, file_with(tmp_path, new))
    assert first + b"".join([piece async for piece in pieces]) == old


async def test_a_failed_put_leaves_nothing_behind(store: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await store.put(PHOTO, tmp_path / "missing")
    assert all_files(tmp_path / "store") == []


async def test_many_puts_of_one_key_at_once_end_with_one_whole_file(store: LocalStorage, tmp_path: Path) -> None:
    paths = []
    for number in range(16):
        paths.append(tmp_path / f"incoming{number}")
        paths[-1].write_bytes(bytes([number]) * 300_000)
    await asyncio.gather(*(store.put(PHOTO, path) for path in paths))
    content = await read(store, PHOTO)
    assert content in [path.read_bytes() for path in paths]
    assert len(all_files(tmp_path / "store")) == 1


async def test_a_missing_file_is_told(store: LocalStorage) -> None:
    with pytest.raises(NotStored):
        await store.size(PHOTO)
    with pytest.raises(NotStored):
        await read(store, PHOTO)


async def test_deleting_twice_is_harmless(store: LocalStorage, tmp_path: Path) -> None:
    await store.put(PHOTO, file_with(tmp_path, b"x"))
    await store.delete(PHOTO)
    await store.delete(PHOTO)
    with pytest.raises(NotStored):
        await store.size(PHOTO)


async def test_a_planted_link_is_not_followed(store: LocalStorage, tmp_path: Path) -> None:
    secret = file_with(tmp_path, b"secret")
    (tmp_path / "store" / "photo").mkdir(parents=True)
    (tmp_path / "store" / PHOTO).symlink_to(secret)
    with pytest.raises(OSError):
        await read(store, PHOTO)


async def test_files_left_by_a_killed_server_are_swept(store: LocalStorage, tmp_path: Path) -> None:
    await store.put(PHOTO, file_with(tmp_path, b"x"))
    left = tmp_path / "store" / ".unfinished" / "left"
    left.write_bytes(b"half")
    os.utime(left, (1000, 1000))
    assert store.sweep(unfinished_before=2000) == 1
    assert all_files(tmp_path / "store") == [tmp_path / "store" / PHOTO]


HOSTILE_KEYS = [
    "",
    "photo.jpg",
    "/etc/passwd",
    "../secret.jpg",
    "photo/../../secret.jpg",
    "photo/..",
    "photo/.hidden.jpg",
    "photo//a.jpg",
    "photo/a.jpg/",
    "photo/a.jpg\n",
    "photo/a\0.jpg",
    "photo\\..\\a.jpg",
    "photo/%2e%2e.jpg",
    "photo/a.jpg.html.php",
    "Photo/A.jpg",
    "photo/ａ.jpg",
    ".unfinished/a.jpg",
    "a/b/c/d/e.jpg",
    "photo/" + "a" * 200 + ".jpg",
]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
async def test_no_key_leaves_the_folder(store: LocalStorage, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    with pytest.raises(InvalidKey):
        await store.put(key, tmp_path / "secret.jpg")
    with pytest.raises(InvalidKey):
        await read(store, key)
    with pytest.raises(InvalidKey):
        await store.size(key)
    with pytest.raises(InvalidKey):
        await store.delete(key)


def test_a_new_key_names_folder_id_and_type() -> None:
    assert new_key("photo", UUID("0199a7c2-0000-7000-8000-000000000001"), "jpg") == PHOTO


def test_a_signed_address_gives_its_claims_back() -> None:
    claims: dict[str, str | int] = {"key": PHOTO, "account": "7", "bytes": 12}
    assert verify(KEY, "look", sign(KEY, "look", claims, LATER), NOW) == claims


def test_the_order_of_claims_makes_no_difference() -> None:
    assert sign(KEY, "look", {"a": 1, "b": 2}, LATER) == sign(KEY, "look", {"b": 2, "a": 1}, LATER)


def test_a_signed_address_is_url_safe() -> None:
    token = sign(KEY, "look", {"note": "anjing & kucing/ñ?"}, LATER)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


@pytest.mark.parametrize("seconds, taken", [(-1, True), (0, False), (1, False)])
def test_an_address_expires_at_its_very_second(seconds: int, taken: bool) -> None:
    token = sign(KEY, "look", {"a": 1}, LATER)
    now = LATER + timedelta(seconds=seconds)
    if taken:
        assert verify(KEY, "look", token, now) == {"a": 1}
    else:
        with pytest.raises(Expired):
            verify(KEY, "look", token, now)


def test_an_address_serves_one_purpose() -> None:
    with pytest.raises(Forged):
        verify(KEY, "upload", sign(KEY, "look", {"a": 1}, LATER), NOW)


def test_another_key_is_forged() -> None:
    with pytest.raises(Forged):
        verify(b"j" * 32, "look", sign(KEY, "look", {"a": 1}, LATER), NOW)


def test_every_changed_character_is_noticed() -> None:
    token = sign(KEY, "look", {"key": PHOTO}, LATER)
    for place, old in enumerate(token):
        for new in "Ab-.=":
            if new != old:
                with pytest.raises(Forged):
                    verify(KEY, "look", token[:place] + new + token[place + 1 :], NOW)


@pytest.mark.parametrize(
    "bend",
    [
        lambda token: "",
        lambda token: ".",
        lambda token: token + "=",
        lambda token: token + ".x",
        lambda token: token[:-1],
        lambda token: " " + token,
        lambda token: token.partition(".")[0] + ".",
        lambda token: token + "é",
        lambda token: "A" * (MAX_TOKEN_CHARACTERS + 1),
    ],
)
def test_a_bent_token_is_forged(bend: object) -> None:
    assert callable(bend)
    with pytest.raises(Forged):
        verify(KEY, "look", bend(sign(KEY, "look", {"a": 1}, LATER)), NOW)


def test_an_old_forged_address_is_forged_not_expired() -> None:
    with pytest.raises(Forged):
        verify(b"j" * 32, "look", sign(KEY, "look", {"a": 1}, NOW), LATER)


@pytest.mark.parametrize(
    "key, purpose, claims",
    [
        (b"short", "look", {"a": 1}),
        (KEY, "Look!", {"a": 1}),
        (KEY, "look\0", {"a": 1}),
        (KEY, "look", {"a": True}),
        (KEY, "look", {"a": 1.5}),
        (KEY, "look", {"a": 2**60}),
        (KEY, "look", {"a": "x" * MAX_TOKEN_CHARACTERS}),
    ],
)
def test_what_cannot_be_signed_is_an_error(key: bytes, purpose: str, claims: dict[str, str | int]) -> None:
    with pytest.raises(ValueError):
        sign(key, purpose, claims, LATER)


def test_times_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        sign(KEY, "look", {}, NOW.replace(tzinfo=None))
