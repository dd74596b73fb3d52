"""SMS that stays at home: into the sink."""

import asyncio
import hashlib

from integrations.delivery import Outgoing, check_phone
from integrations.sink import Sink


class LocalSms:
    """Keeps each message in the sink; the same `key` is one message."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def send(self, message: Outgoing) -> str:
        number = check_phone(message.to)
        message_id = f"sms-{hashlib.sha256(message.key.encode()).hexdigest()[:32]}"
        await asyncio.to_thread(
            self._sink.store,
            channel="SMS",
            to=number,
            subject="",  # a text message has none
            body=message.body,
            message_id=message_id,
            wire={"to": number, "message": message.body},
        )
        return message_id
