"""A sealed value opens in its own place only, and under a key we have."""

import re
from uuid import UUID

import pytest

from integrations.seal import BrokenSeal, Seal

ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
SEAL = Seal("a secret of the tests")


def test_what_is_sealed_opens_again() -> None:
    sealed = SEAL.close("Rahasia é", "account", "totp_secret", ROW)
    assert "Rahasia" not in sealed
    assert SEAL.open(sealed, "account", "totp_secret", ROW) == "Rahasia é"


@pytest.mark.parametrize(
    "place",
    [("account", "totp_secret", OTHER_ROW), ("account", "phone", ROW), ("partner", "totp_secret", ROW)],
)
def test_a_value_moved_to_another_place_does_not_open(place: tuple[str, str, UUID]) -> None:
    sealed = SEAL.close("Rahasia", "account", "totp_secret", ROW)
    with pytest.raises(BrokenSeal):
        SEAL.open(sealed, *place)


@pytest.mark.parametrize("broken", ["", ":", "nokey:AAAA", "no separator", "\x00"])
def test_what_we_did_not_seal_does_not_open(broken: str) -> None:
    with pytest.raises(BrokenSeal):
        SEAL.open(broken, "account", "totp_secret", ROW)


def test_every_changed_character_is_noticed() -> None:
    sealed = SEAL.close("123456", "login_code", "sealed_code", ROW)
    for position in range(len(sealed)):
        changed = sealed[:position] + ("A" if sealed[position] != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(BrokenSeal):
            SEAL.open(changed, "login_code", "sealed_code", ROW)


def test_an_older_secret_still_opens_and_the_newer_one_seals() -> None:
    sealed = SEAL.close("Rahasia", "account", "totp_secret", ROW)
    rotated = Seal("a newer secret", "a secret of the tests")
    assert rotated.open(sealed, "account", "totp_secret", ROW) == "Rahasia"
    with pytest.raises(BrokenSeal):
        SEAL.open(rotated.close("Rahasia", "account", "totp_secret", ROW), "account", "totp_secret", ROW)


def test_the_same_text_sealed_twice_looks_different() -> None:
    assert SEAL.close("1", "t", "c", ROW) != SEAL.close("1", "t", "c", ROW)


def test_a_keyed_hash_depends_on_text_purpose_and_key() -> None:
    made = {SEAL.hashed("1", "a"), SEAL.hashed("2", "a"), SEAL.hashed("1", "b"), Seal("other").hashed("1", "a")}
    assert len(made) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in made)
    assert SEAL.hashed("1", "a") == SEAL.hashed("1", "a")
