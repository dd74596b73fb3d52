"""The subprocess is bounded, ends with its upload and is not believed; every reason is a sentence."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from domain.media import MediaNotAccepted, MediaProblem, MediaType, look_distance, sniff
from domain.refusals import Language
from integrations.media import sanitiser, worker
from integrations.media.sanitiser import Media, MediaRefused, SanitiserFailed, sanitise
from tests.integrations.media_sample import Desk, photo


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


async def test_a_slow_file_is_ended_and_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitiser, "TIME_LIMIT_S", 0.05)
    before = children()
    assert await desk.problem(photo((4000, 3000))) is MediaProblem.TIMEOUT
    assert children() <= before


async def test_a_cancelled_upload_leaves_nothing(desk: Desk) -> None:
    before = children()
    task = asyncio.create_task(desk.clean(photo((4000, 3000))))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(desk.target.iterdir()) == []
    assert children() <= before


async def test_two_at_a_time_and_the_rest_wait_their_turn(desk: Desk) -> None:
    desk.source.write_bytes(photo())
    before, most = children(), 0
    tasks = [asyncio.create_task(sanitise(desk.source, MediaType.JPEG, desk.target)) for _ in range(6)]
    while not all(task.done() for task in tasks):
        most = max(most, len(children() - before))
        await asyncio.sleep(0.01)
    assert 1 <= most <= sanitiser.MAX_AT_A_TIME
    assert len({task.result().content_hash for task in tasks}) == 1


async def test_too_many_waiting_are_told_to_come_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitiser, "MAX_WAITING", 1)
    desk.source.write_bytes(photo())
    tasks = [sanitise(desk.source, MediaType.JPEG, desk.target) for _ in range(8)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, MediaRefused)]
    assert busy and {outcome.problem for outcome in busy} == {MediaProblem.BUSY}
    assert any(isinstance(outcome, Media) for outcome in outcomes)


LIMITED = """
import resource
from integrations.media import worker
worker.limit()
print([resource.getrlimit(what) for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)])
try:
    bytearray(2 * worker.MEMORY_BYTES)
except MemoryError:
    print("bounded")
"""


async def test_the_subprocess_gives_up_memory_time_and_disk() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LIMITED, stdout=asyncio.subprocess.PIPE, cwd=sanitiser._ROOT
    )
    told, _ = await process.communicate()
    limits = [(bound, bound) for bound in (worker.MEMORY_BYTES, worker.CPU_S, worker.FILE_BYTES)]
    assert told.decode().splitlines() == [str(limits), "bounded"]


GOOD = {"width": 640, "height": 480, "duration_s": None, "content_hash": "0" * 64, "look_hash": 0}


@pytest.mark.parametrize(
    "lie",
    [
        {"width": 0},
        {"height": 10**9},
        {"width": "640"},
        {"duration_s": 10**6},
        {"content_hash": "../../etc/passwd"},
        {"look_hash": 2**63},
        {"more": 1},
    ],
    ids=str,
)
def test_a_subprocess_that_was_taken_over_is_not_believed(lie: dict[str, object]) -> None:
    assert sanitiser._facts({"facts": GOOD}).width == 640
    with pytest.raises(MediaRefused) as refused:
        sanitiser._facts({"facts": {**GOOD, **lie}})
    assert refused.value.problem is MediaProblem.BROKEN


@pytest.mark.parametrize("line", [b"", b"Traceback", b"[1]", b'{"failure": "no space left"}'])
def test_our_own_failure_is_not_blamed_on_the_file(line: bytes) -> None:
    with pytest.raises(SanitiserFailed):
        sanitiser._facts(sanitiser._parse(line))


# --- words ---


@pytest.mark.parametrize("problem", MediaProblem)
@pytest.mark.parametrize("language", Language)
def test_every_problem_is_a_sentence_in_both_languages(problem: MediaProblem, language: Language) -> None:
    refusal = MediaNotAccepted(problem)
    sentence = refusal.sentence(language)
    assert refusal.facts["reason"] == problem.value
    assert sentence.endswith(".") and "{" not in sentence and len(sentence) > 30


@pytest.mark.parametrize(
    "head, expected",
    [
        (b"\xff\xd8\xff\xe1", MediaType.JPEG),
        (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
        (b"RIFF\0\0\0\0WEBPVP8 ", MediaType.WEBP),
        (b"\0\0\0\x18ftypisom", MediaType.MP4),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_a_type_is_told_by_its_first_bytes(head: bytes, expected: MediaType | None) -> None:
    assert sniff(head) is expected


def test_looks_differ_by_bits_also_across_the_sign() -> None:
    assert [look_distance(*pair) for pair in ((5, 5), (-1, 0), (-1, -2), (2**63 - 1, -(2**63)))] == [0, 64, 1, 64]
