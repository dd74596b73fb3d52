"""A job that is under way, its two people, and the two doors of the API: GraphQL, and HTTP for files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import time_machine
from starlette.applications import Starlette

from app.graphql import schema
from app.media import MediaDoor
from domain.permissions import Actor
from domain.service import CARE, ServiceType
from integrations.seal import Seal
from integrations.storage import LocalStorage
from integrations.token import Tokens
from models.booking import Booking
from schema.context import Context
from services import booking as bookings
from tests import world
from tests.world import Customer, Provider

KEY = "a key for tests that has more than 32 bytes"
HOME = "http://rawat.example"
_numbers = count(1)

REQUEST_UPLOAD = """
mutation ($booking: UUID!, $type: String!, $size: Int!, $key: String!) {
  requestUpload(bookingId: $booking, contentType: $type, byteSize: $size, idempotencyKey: $key) {
    __typename ... on Upload { id state putUrl expiresAt } ... on Refusal { code field message }
  }
}"""
SEND_UPDATE = """
mutation ($booking: UUID!, $uploads: [UUID!]!, $note: String!, $key: String!) {
  sendPhotoUpdate(bookingId: $booking, uploadIds: $uploads, note: $note, idempotencyKey: $key) {
    __typename ... on PhotoUpdate { id note media { id kind } } ... on Refusal { code field }
  }
}"""
READ_UPDATES = """
query ($booking: UUID!, $first: Int = 20, $after: String) {
  booking(id: $booking) {
    photoUpdates(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { node { id note sentAt media {
        id kind contentType width height durationS url thumbnailUrl isDuplicate
      } } }
    }
  }
}"""


@dataclass
class Job:
    customer: Customer
    provider: Provider
    booking: Booking

    @property
    def id(self) -> UUID:
        booking_id: UUID = self.booking.id
        return booking_id


async def running(
    customer: Customer | None = None, provider: Provider | None = None, hour: int = 10,
    service_type: ServiceType = ServiceType.GROOMER,
) -> Job:  # fmt: skip
    """A booking whose service has begun; its agreed start is in three days."""
    customer, provider = customer or await world.customer(), provider or await world.provider(service_type)
    booking = await world.accepted(customer, provider, world.at(hour))
    with time_machine.travel(booking.starts_at):
        booking = await bookings.start(provider.actor, booking.id, CARE[provider.service.type].start_checklist)
    return Job(customer, provider, booking)


def key() -> str:
    """An idempotency key nobody used yet."""
    return f"key-{next(_numbers)}"


def context(actor: Actor, **given: Any) -> Context:
    return Context(
        tokens=Tokens(KEY, timedelta(minutes=5)), seal=Seal(KEY), media_key=KEY.encode(), public_url=HOME, actor=actor,
        **given,
    )  # fmt: skip


async def ask(actor: Actor, document: str, **variables: Any) -> Any:
    """What the one field of the document answers; a test that meets a GraphQL error fails."""
    result = await schema.execute(document, variables, context_value=context(actor))
    assert not result.errors, result.errors
    assert result.data
    return next(iter(result.data.values()))


@dataclass
class Desk:
    """The HTTP door to files on a folder of the test's own."""

    door: MediaDoor
    http: httpx.AsyncClient
    stored: Path

    async def announce(self, job: Job, content: bytes, content_type: str = "image/jpeg") -> Any:
        return await ask(
            job.provider.actor, REQUEST_UPLOAD, booking=str(job.id), type=content_type, size=len(content), key=key()
        )

    async def put(self, address: str, content: Any, **headers: str) -> httpx.Response:
        return await self.http.put(urlsplit(address).path, content=content, headers=headers)

    async def get(self, address: str, **headers: str) -> httpx.Response:
        return await self.http.get(urlsplit(address).path, headers=headers)

    async def upload(self, job: Job, content: bytes, content_type: str = "image/jpeg") -> str:
        """The id of a file that is ready to be sent."""
        announced = await self.announce(job, content, content_type)
        answer = await self.put(announced["putUrl"], content)
        assert answer.status_code == 200, answer.text
        upload_id: str = announced["id"]
        return upload_id

    async def send(self, job: Job, *upload_ids: str, note: str = "") -> Any:
        return await ask(
            job.provider.actor, SEND_UPDATE, booking=str(job.id), uploads=list(upload_ids), note=note, key=key()
        )

    def files(self) -> list[Path]:
        """Everything on disk: what is stored, and what was left on the way in."""
        return sorted(path for path in (*self.stored.rglob("*"), *self.door.folder.rglob("*")) if path.is_file())


@asynccontextmanager
async def desk(folder: Path, **limits: Any) -> AsyncIterator[Desk]:
    stored = folder / "media"
    door = MediaDoor(LocalStorage(stored), KEY.encode(), folder / "incoming", **limits)
    transport = httpx.ASGITransport(Starlette(routes=door.routes()))
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as http:
        yield Desk(door, http, stored)


async def updates(actor: Actor, job: Job) -> list[Any]:
    """The photo updates of the job as the actor reads them."""
    read = await ask(actor, READ_UPDATES, booking=str(job.id))
    return [edge["node"] for edge in read["photoUpdates"]["edges"]] if read else []
