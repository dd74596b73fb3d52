"""Mail by SMTP: one connection a message, every wait bounded."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from enum import StrEnum

import aiosmtplib

from integrations.delivery import Outgoing, Undeliverable, Unreachable
from integrations.mail.letter import write

COMMAND_TIMEOUT_S = 10.0
TOTAL_TIMEOUT_S = 30.0  # a server that answers each command just in time must not hold a worker for minutes
QUIT_TIMEOUT_S = 2.0
PERMANENT = range(500, 600)


class Security(StrEnum):
    """How the connection is protected. NONE is for a server on the same host or network only."""

    NONE = "NONE"
    STARTTLS = "STARTTLS"
    TLS = "TLS"


class SmtpMail:
    """Sends through one SMTP server; `sender` is a bare address, whose domain also ends the Message-ID."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        sender_name: str = "Rawat",
        security: Security = Security.STARTTLS,
        username: str | None = None,
        password: str | None = None,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
        total_timeout_s: float = TOTAL_TIMEOUT_S,
    ) -> None:
        if password is not None and security is Security.NONE:
            raise ValueError("a password is not sent over an open connection")
        self._host, self._port, self._security = host, port, security
        self._sender = Address(sender_name, addr_spec=sender)
        self._username, self._password = username, password
        self._command_timeout_s, self._total_timeout_s = command_timeout_s, total_timeout_s

    async def send(self, message: Outgoing) -> str:
        """Hand the mail to the server and answer its Message-ID.

        Undeliverable: the server refused the recipient or the content for good (5xx). Everything else is Unreachable,
        also a refused login or sender: that is our set-up, and the mail can go once it is repaired.
        """
        letter = write(message, self._sender, datetime.now(UTC))
        recipient = letter["To"].addresses[0].addr_spec  # as parsed, so that header and envelope name one mailbox
        client = self._client()
        try:
            async with asyncio.timeout(self._total_timeout_s):
                await client.connect()
                await client.send_message(letter, sender=self._sender.addr_spec, recipients=[recipient])
        except (aiosmtplib.SMTPException, OSError) as error:  # TimeoutError is an OSError
            raise _failure(error) from error
        else:
            await _part(client)
        finally:
            client.close()
        return str(letter["Message-ID"])

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            use_tls=self._security is Security.TLS,
            start_tls=self._security is Security.STARTTLS,
            timeout=self._command_timeout_s,
        )


async def _part(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; the mail is already accepted, so whatever happens here is no failure."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=QUIT_TIMEOUT_S)


def _failure(error: Exception) -> Undeliverable | Unreachable:
    """The two kinds of failure. The text names codes only: a server's sentence often repeats the address."""
    refused: list[aiosmtplib.SMTPResponseException] = []
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refused = list(error.recipients)
    elif isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        refused = [error]
    codes = [each.code for each in refused]
    if codes and all(code in PERMANENT for code in codes):
        return Undeliverable(f"the mail server refused it for good: {codes}")
    code = getattr(error, "code", None)
    return Unreachable(f"{type(error).__name__} {code or codes or ''}".rstrip())
