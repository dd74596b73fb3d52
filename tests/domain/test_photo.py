"""What may be announced, chosen and sent, and how long an address to look lives."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.media import MAX_PHOTO_BYTES, MAX_VIDEO_BYTES, MediaNotAccepted, MediaType
from domain.photo import (
    ADDRESS_LIVES_FOR,
    ADDRESS_STAYS_SAME_FOR,
    FORGET_AFTER,
    MAX_FILES_PER_UPDATE,
    SEND_WITHIN,
    UploadAlreadyUsed,
    UploadNotReady,
    UploadState,
    address_ends_at,
    check_choice,
    check_declared,
    check_sendable,
)
from domain.refusals import InvalidInput

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content_type", "byte_size"),
    [("image/jpeg", 1), ("image/png", MAX_PHOTO_BYTES), ("image/webp", 5), ("video/mp4", MAX_VIDEO_BYTES)],
)
def test_photos_and_clips_within_their_limits_may_be_announced(content_type: str, byte_size: int) -> None:
    assert check_declared(content_type, byte_size) is MediaType(content_type)


@pytest.mark.parametrize(
    ("content_type", "byte_size", "field", "reason"),
    [
        ("image/gif", 10, "contentType", "UNSUPPORTED_TYPE"),
        ("text/html", 10, "contentType", "UNSUPPORTED_TYPE"),
        ("image/jpeg", MAX_PHOTO_BYTES + 1, "byteSize", "TOO_LARGE"),
        ("video/mp4", MAX_VIDEO_BYTES + 1, "byteSize", "TOO_LARGE"),
    ],
)
def test_other_types_and_larger_files_may_not_be_announced(
    content_type: str, byte_size: int, field: str, reason: str
) -> None:
    with pytest.raises(MediaNotAccepted) as refused:
        check_declared(content_type, byte_size)
    assert (refused.value.field, refused.value.facts["reason"]) == (field, reason)


@pytest.mark.parametrize("byte_size", [0, -1])
def test_an_empty_file_may_not_be_announced(byte_size: int) -> None:
    with pytest.raises(InvalidInput):
        check_declared("image/jpeg", byte_size)


@pytest.mark.parametrize("numbers", [[1], list(range(MAX_FILES_PER_UPDATE))])
def test_an_update_has_one_to_ten_different_files(numbers: list[int]) -> None:
    check_choice([UUID(int=number) for number in numbers])


@pytest.mark.parametrize("numbers", [[], [1, 1], list(range(MAX_FILES_PER_UPDATE + 1))])
def test_no_file_too_many_files_or_one_twice_is_no_update(numbers: list[int]) -> None:
    with pytest.raises(InvalidInput):
        check_choice([UUID(int=number) for number in numbers])


def test_a_file_is_sent_after_it_was_received_and_once() -> None:
    check_sendable(UploadState.READY, NOON, NOON)
    with pytest.raises(UploadNotReady):
        check_sendable(UploadState.WAITING, NOON, NOON)
    with pytest.raises(UploadAlreadyUsed):
        check_sendable(UploadState.USED, NOON, NOON)


@pytest.mark.parametrize("second", range(0, 601, 37))
def test_an_address_lives_five_to_ten_minutes_and_stays_the_same_for_a_while(second: int) -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    now = noon + timedelta(seconds=second)
    left = address_ends_at(now) - now
    assert ADDRESS_LIVES_FOR - ADDRESS_STAYS_SAME_FOR < left <= ADDRESS_LIVES_FOR
    begun = noon + ADDRESS_STAYS_SAME_FOR * ((now - noon) // ADDRESS_STAYS_SAME_FOR)
    assert address_ends_at(now) == address_ends_at(begun)


def test_a_file_that_may_be_forgotten_is_not_sent_any_more() -> None:
    check_sendable(UploadState.READY, NOON, NOON + SEND_WITHIN - timedelta(seconds=1))
    with pytest.raises(UploadNotReady):
        check_sendable(UploadState.READY, NOON, NOON + SEND_WITHIN)
    assert SEND_WITHIN < FORGET_AFTER
