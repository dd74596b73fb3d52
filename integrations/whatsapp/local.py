"""WhatsApp that stays at home: into the sink, with the request that the Cloud API would have had."""

import asyncio
import hashlib

from integrations.delivery import Outgoing
from integrations.sink import Sink
from integrations.whatsapp.payload import template_payload


class LocalWhatsapp:
    """Keeps each message in the sink; the same `key` is one message."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def send(self, message: Outgoing) -> str:
        message_id = f"wamid.{hashlib.sha256(message.key.encode()).hexdigest()[:32]}"
        await asyncio.to_thread(
            self._sink.store,
            channel="WHATSAPP",
            to=message.to,
            subject=message.subject,
            body=message.body,
            message_id=message_id,
            wire=template_payload(message),
        )
        return message_id
