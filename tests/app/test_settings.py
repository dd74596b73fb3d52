"""Settings: names of the environment, defaults, and what production refuses."""

import pytest
from pydantic import ValidationError

from app.settings import Settings

LONG_KEY = "k" * 32


def test_development_needs_no_variable() -> None:
    chosen = Settings()
    assert chosen.database_url is None
    assert chosen.redis_url is None
    assert chosen.public_url == "http://127.0.0.1:8000"


def test_the_public_address_follows_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert Settings().public_url == "http://127.0.0.1:8123"


def test_origins_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example/")
    assert Settings().cors_origins == ("https://a.example", "https://b.example")


def test_every_origin_at_once_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "*")
    with pytest.raises(ValidationError, match="one by one"):
        Settings()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "EVENT_KEY"])
def test_production_refuses_keys_that_everybody_knows(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    for name in {"SECRET_KEY", "EVENT_KEY"} - {missing}:
        monkeypatch.setenv(name, LONG_KEY)
    with pytest.raises(ValidationError, match=missing):
        Settings()


def test_production_starts_with_keys_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", LONG_KEY)
    monkeypatch.setenv("EVENT_KEY", LONG_KEY)
    assert Settings().is_production


def test_production_refuses_planned_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ENVIRONMENT", "production"), ("SECRET_KEY", LONG_KEY), ("EVENT_KEY", LONG_KEY)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAULTS", "/tmp/faults")
    with pytest.raises(ValidationError, match="FAULTS"):
        Settings()


def test_production_refuses_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", LONG_KEY)
    monkeypatch.setenv("EVENT_KEY", LONG_KEY)
    monkeypatch.setenv("AUDIT", "1")
    with pytest.raises(ValidationError, match="AUDIT"):
        Settings()
