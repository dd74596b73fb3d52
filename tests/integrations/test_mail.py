"""Mail by SMTP against a real server on this machine: accepted, refused for now, refused for good, away."""

import asyncio
import email
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from integrations.delivery import Outgoing, Undeliverable, Unreachable
from integrations.mail import Security, SmtpMail

MESSAGE = Outgoing(
    key="event-1:account-1:EMAIL",
    to="sari@example.com",
    subject="Pemesanan RWT-7F3K sudah dikonfirmasi ✓",
    body="Selamat pagi, Kak Sari – sampai jumpa!\n.\nBaris setelah titik tunggal.",
    template="booking_confirmed",
    language="id",
    parameters=(),
)


@dataclass
class Postbox:
    """The server's side: answers each step as told and keeps what it accepted."""

    at_sender: str = "250 OK"
    at_recipient: str = "250 OK"
    at_content: str = "250 OK"
    envelopes: list[Any] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.at_sender.startswith("250"):
            envelope.mail_from = address
        return self.at_sender

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_content.startswith("250"):
            self.envelopes.append(envelope)
        return self.at_content

    @property
    def letters(self) -> list[EmailMessage]:
        return [email.message_from_bytes(each.content, policy=SMTP) for each in self.envelopes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def mail(postbox: Postbox) -> Iterator[SmtpMail]:
    server = Controller(postbox, hostname="127.0.0.1", port=free_port())
    server.start()
    yield to_port(server.port)
    server.stop()


def to_port(port: int, **options: Any) -> SmtpMail:
    return SmtpMail(host="127.0.0.1", port=port, sender="halo@rawat.example", security=Security.NONE, **options)


async def test_an_accepted_mail_arrives_as_written(mail: SmtpMail, postbox: Postbox) -> None:
    message_id = await mail.send(MESSAGE)
    [letter] = postbox.letters
    assert letter["From"] == "Rawat <halo@rawat.example>"
    assert letter["To"] == MESSAGE.to
    assert letter["Subject"] == MESSAGE.subject
    assert letter["Message-ID"] == message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime.tzinfo is not None
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n").rstrip("\n") == MESSAGE.body
    [envelope] = postbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("halo@rawat.example", [MESSAGE.to])


async def test_the_message_id_stays_the_same_on_every_try_and_differs_between_notifications(
    mail: SmtpMail,
) -> None:
    first, again = await mail.send(MESSAGE), await mail.send(MESSAGE)
    other = await mail.send(replace(MESSAGE, key="event-2:account-1:EMAIL"))
    assert first == again != other
    assert first.endswith("@rawat.example>")


@pytest.mark.parametrize("step", ["at_sender", "at_recipient", "at_content"])
@pytest.mark.parametrize("answer", ["421 shutting down", "450 greylisted", "451 try later", "452 full"])
async def test_a_refusal_for_now_is_unreachable(mail: SmtpMail, postbox: Postbox, step: str, answer: str) -> None:
    setattr(postbox, step, answer)
    with pytest.raises(Unreachable):
        await mail.send(MESSAGE)


@pytest.mark.parametrize("step", ["at_recipient", "at_content"])
@pytest.mark.parametrize("answer", ["550 no such user sari@example.com", "552 too big", "554 refused"])
async def test_a_refusal_for_good_is_undeliverable(mail: SmtpMail, postbox: Postbox, step: str, answer: str) -> None:
    setattr(postbox, step, answer)
    with pytest.raises(Undeliverable) as failure:
        await mail.send(MESSAGE)
    assert answer[:3] in str(failure.value) and "sari@" not in str(failure.value)


async def test_a_refused_sender_is_our_fault_and_can_be_tried_again(mail: SmtpMail, postbox: Postbox) -> None:
    postbox.at_sender = "553 sender not allowed"
    with pytest.raises(Unreachable, match="553"):
        await mail.send(MESSAGE)


async def test_a_server_that_is_away_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await to_port(free_port()).send(MESSAGE)


async def test_a_host_without_a_name_is_unreachable() -> None:
    nowhere = SmtpMail(host="mail.invalid", port=25, sender="halo@rawat.example", security=Security.NONE)
    with pytest.raises(Unreachable):
        await nowhere.send(MESSAGE)


@pytest.mark.parametrize("limit", ["command_timeout_s", "total_timeout_s"])
async def test_a_server_that_says_nothing_is_unreachable_after_the_time_limit(limit: str) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        silent = to_port(server.sockets[0].getsockname()[1], **{limit: 0.2})
        async with asyncio.timeout(5):
            with pytest.raises(Unreachable):
                await silent.send(MESSAGE)


async def test_a_line_cut_before_the_greeting_is_unreachable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unreachable):
            await to_port(server.sockets[0].getsockname()[1]).send(MESSAGE)


async def test_a_farewell_that_fails_does_not_undo_an_accepted_mail() -> None:
    async def cut_after_content(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 OK\r\n")
            elif line.startswith(b"QUIT"):
                break
            else:
                writer.write(b"250 OK\r\n")
        writer.close()

    server = await asyncio.start_server(cut_after_content, "127.0.0.1", 0)
    async with server:
        assert await to_port(server.sockets[0].getsockname()[1]).send(MESSAGE)


async def test_an_open_connection_is_refused_where_starttls_is_asked(mail: SmtpMail, postbox: Postbox) -> None:
    guarded = SmtpMail(host="127.0.0.1", port=mail._port, sender="halo@rawat.example")
    with pytest.raises(Unreachable):
        await guarded.send(MESSAGE)
    assert postbox.envelopes == []


def test_a_password_is_never_sent_over_an_open_connection() -> None:
    with pytest.raises(ValueError, match="open connection"):
        to_port(25, username="rawat", password="rahasia")


@pytest.mark.parametrize(
    "to",
    [
        "sari@example.com\r\nBcc: korban@example.com",
        "sari@example.com\nX-Evil: 1",
        "sari@example.com, korban@example.com",
        "sari@example.com> <korban@example.com",
        "Sari <sari@example.com>",
        "sari@example.com\r\nDATA\r\n",
        "sari@",
        "@example.com",
        "sari",
        "",
        "sari@exam\x00ple.com",
    ],
)
async def test_an_address_that_is_more_than_one_address_is_undeliverable(
    mail: SmtpMail, postbox: Postbox, to: str
) -> None:
    with pytest.raises(Undeliverable):
        await mail.send(replace(MESSAGE, to=to))
    assert postbox.envelopes == []


@pytest.mark.parametrize("subject", ["Halo\r\nBcc: korban@example.com", "Halo\nX-Evil: 1", "Halo\rX-Evil: 1"])
async def test_a_subject_cannot_become_a_header(mail: SmtpMail, postbox: Postbox, subject: str) -> None:
    with pytest.raises(Undeliverable):
        await mail.send(replace(MESSAGE, subject=subject))
    assert postbox.envelopes == []


async def test_a_body_cannot_become_a_header_or_end_the_mail(mail: SmtpMail, postbox: Postbox) -> None:
    body = "Bcc: korban@example.com\r\n\r\n.\r\nMAIL FROM:<x@example.com>\r\n"
    await mail.send(replace(MESSAGE, body=body))
    [letter] = postbox.letters
    assert letter["Bcc"] is None
    assert "MAIL FROM" in letter.get_content()


async def test_a_key_cannot_become_a_header(mail: SmtpMail, postbox: Postbox) -> None:
    await mail.send(replace(MESSAGE, key="x>\r\nBcc: korban@example.com"))
    [letter] = postbox.letters
    assert letter["Bcc"] is None


async def test_a_long_subject_in_another_script_arrives_whole(mail: SmtpMail, postbox: Postbox) -> None:
    subject = "Ada kabar dari ꦩꦺꦴꦏ " * 12 + "untuk Kakak"
    await mail.send(replace(MESSAGE, subject=subject))
    assert postbox.letters[0]["Subject"] == subject
