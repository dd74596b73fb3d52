"""WhatsApp: into the local sink for now; the Cloud API client comes later behind the same protocol."""

from typing import Protocol

from integrations.delivery import Outgoing
from integrations.whatsapp.local import LocalWhatsapp

__all__ = ["LocalWhatsapp", "Whatsapp"]


class Whatsapp(Protocol):
    """Sends a registered template and answers WhatsApp's message id; raises Undeliverable or Unreachable."""

    async def send(self, message: Outgoing) -> str: ...
