"""SMS: into the local sink for now; a provider's client comes later behind the same protocol."""

from typing import Protocol

from integrations.delivery import Outgoing
from integrations.sms.local import LocalSms

__all__ = ["LocalSms", "Sms"]


class Sms(Protocol):
    """Sends the body as a text message and answers the provider's id; raises Undeliverable or Unreachable."""

    async def send(self, message: Outgoing) -> str: ...
