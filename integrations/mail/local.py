"""Mail that stays at home: into the sink, as the letter that SMTP would have carried."""

import asyncio
from datetime import UTC, datetime
from email.headerregistry import Address

from integrations.delivery import Outgoing
from integrations.mail.letter import write
from integrations.sink import Sink

SENDER = Address("Rawat", addr_spec="halo@rawat.invalid")


class LocalMail:
    """Keeps each mail in the sink; refuses what SMTP would refuse to write."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def send(self, message: Outgoing) -> str:
        letter = write(message, SENDER, datetime.now(UTC))
        message_id = str(letter["Message-ID"])
        await asyncio.to_thread(
            self._sink.store,
            channel="EMAIL",
            to=message.to,
            subject=message.subject,
            body=message.body,
            message_id=message_id,
            wire={"message": letter.as_string()},
        )
        return message_id
