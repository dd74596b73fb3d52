"""A message written as a mail; nothing in it can become a header or a recipient of its own."""

import hashlib
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from integrations.delivery import Outgoing, Undeliverable


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a notification: the same on every try, so a repeated mail shows as one."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def write(message: Outgoing, sender: Address, written_at: datetime) -> EmailMessage:
    """The mail in plain text; raises Undeliverable when the address or the subject cannot stand in a header."""
    letter = EmailMessage(policy=SMTP)
    try:
        recipient = Address(addr_spec=message.to)
        if not recipient.username or not recipient.domain:
            raise ValueError("an address has a name and a domain")
        letter["From"] = sender
        letter["To"] = recipient
        letter["Subject"] = message.subject
        # Quoted-printable survives servers without 8BITMIME unchanged.
        letter.set_content(message.body, cte="quoted-printable")
    except Exception as error:  # the email package raises many types for what it cannot parse or encode
        raise Undeliverable(f"this cannot be written as a mail ({type(error).__name__})") from error
    letter["Message-ID"] = message_id(message.key, sender.domain)
    letter["Date"] = written_at.astimezone(UTC)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    return letter
