"""Row ids."""

import time

import pytest

from domain import identifier
from domain.identifier import new_id


def test_ids_are_version_7_and_each_is_later_than_the_one_before() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}


def test_an_id_tells_when_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifier, "_CLOCK", identifier._Clock())  # the process may have been in the future
    assert abs((new_id().int >> 80) - time.time() * 1000) < 1000
