"""What a job gets: its task, the system as actor on behalf of it, and the way to the outside world."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.permissions import SYSTEM, Actor, Claim
from integrations.mail import Mail
from integrations.seal import Seal
from integrations.sms import Sms
from integrations.storage import Storage
from integrations.whatsapp import Whatsapp
from models.event import Event


@dataclass(frozen=True)
class Outside:
    """Providers, chosen by settings; only jobs call them."""

    mail: Mail
    whatsapp: Whatsapp
    sms: Sms
    seal: Seal
    storage: Storage
    public_url: str


@dataclass(frozen=True)
class Job:
    """One attempt at one task. Use cases called with `actor` also finish the task, in their own transaction."""

    claim: Claim
    payload: dict[str, Any]
    outside: Outside

    @property
    def actor(self) -> Actor:
        return SYSTEM.doing(self.claim)

    def id(self, name: str) -> UUID:
        """An id of the payload."""
        return UUID(self.payload[name])

    async def event(self) -> Event:
        """The event this reaction follows."""
        return await Event.get(position=self.payload["position"])
