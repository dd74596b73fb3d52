"""The demo world: every state is there, rows and events agree, and a second start adds nothing."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.demo.login import ROLES, NoDemo, logins, token
from app.demo.world import SMALL, make_world
from app.outside import outside
from app.settings import Settings
from domain.booking import BookingState
from domain.notification import STALE_AFTER
from domain.permissions import Role
from domain.service import ServiceType
from integrations.media.sanitiser import SanitiserFailed
from integrations.storage import LocalStorage
from integrations.token import Tokens
from models.account import Account
from models.booking import Booking
from models.event import Event
from models.photo import Upload
from models.task import Task
from services.invariant import INVARIANTS, rows_are_folds

ROOT = Path(__file__).parents[2]


class _FullDisk(LocalStorage):
    """A store whose disk is full after a few files: as good as a kill in the middle."""

    room = 8

    async def put(self, key: str, path: Path) -> None:
        self.room -= 1
        if self.room < 0:
            raise OSError("no space left")
        await super().put(key, path)


async def counts() -> tuple[int, ...]:
    return tuple([await model.all().count() for model in (Account, Booking, Event, Task, Upload)])


async def test_the_demo_world_has_every_state_agrees_with_its_events_and_is_made_once(
    clean: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    around, storage = outside(settings), LocalStorage(tmp_path / "media")
    # In the late afternoon the small world has no room for a job that ended today.
    before = datetime.now(UTC).replace(hour=3)
    with time_machine.travel(before):
        assert await make_world(around, storage, SMALL)
    states = {booking.state for booking in await Booking.all()}
    assert states == set(BookingState)
    assert {booking.service_type for booking in await Booking.all()} == set(ServiceType)
    assert await Booking.filter(created_at__lt=before - timedelta(days=7)).exists()
    for invariant in INVARIANTS:
        assert await invariant() == []
    assert await rows_are_folds(before - timedelta(days=60)) == []
    # What the clock had to do until now is done: a worker finds no past to work off, and old news is not told.
    assert not await Task.exists(state="DUE", due_at__lt=before)
    assert not await Task.exists(state="DEAD")
    assert await Event.filter(at__lt=before - STALE_AFTER).count() > await Event.all().count() // 2
    for upload in await Upload.filter(state="USED"):
        assert await storage.size(upload.storage_key or "") == upload.byte_size

    made = await counts()
    assert not await make_world(around, storage, SMALL)
    assert await counts() == made

    table = "\n".join(await logins(settings))
    for role in ROLES:
        access = Tokens(settings.secret_key, timedelta(minutes=1)).read(await token(settings, role))
        assert access is not None and role in access.actor.roles
        assert role.value in table


async def test_a_world_that_was_cut_off_leaves_nothing_behind(clean: str, tmp_path: Path) -> None:
    around = outside(Settings(data_dir=tmp_path))
    with pytest.raises((OSError, SanitiserFailed)):
        await make_world(around, _FullDisk(tmp_path / "media"), SMALL)
    assert await counts() == (0, 0, 0, 0, 0)


async def test_without_a_demo_world_there_is_no_token(clean: str, tmp_path: Path) -> None:
    with pytest.raises(NoDemo, match="seed"):
        await token(Settings(data_dir=tmp_path), Role.CUSTOMER)


@pytest.mark.parametrize("command", [["seed"], ["token", "customer"], ["logins"]])
def test_production_has_no_demo_world(command: list[str]) -> None:
    keys = {"ENVIRONMENT": "production", "SECRET_KEY": "s" * 40, "EVENT_KEY": "e" * 40}
    asked = subprocess.run(
        [sys.executable, "-m", "app", *command], env=os.environ | keys, cwd=ROOT, capture_output=True, text=True
    )
    assert asked.returncode == 1
    assert "not for production" in asked.stderr
