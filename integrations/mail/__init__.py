"""E-mail: by SMTP, or into the local sink."""

from typing import Protocol

from integrations.delivery import Outgoing
from integrations.mail.local import LocalMail
from integrations.mail.smtp import Security, SmtpMail

__all__ = ["LocalMail", "Mail", "Security", "SmtpMail"]


class Mail(Protocol):
    """Sends a mail and answers its Message-ID, the same for the same `key`; raises Undeliverable or Unreachable."""

    async def send(self, message: Outgoing) -> str: ...
