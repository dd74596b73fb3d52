"""The local sink keeps each message once, in order, bounded; mail, WhatsApp and SMS fill it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.delivery import Outgoing, Undeliverable
from integrations.mail import LocalMail
from integrations.sink import MAX_RECENT, Sink
from integrations.sms import LocalSms
from integrations.whatsapp import LocalWhatsapp

MESSAGE = Outgoing(
    key="event-1:account-1:EMAIL",
    to="sari@example.com",
    subject="Pemesanan RWT-7F3K sudah dikonfirmasi",
    body="Selamat pagi, Kak Sari. Pemesanan RWT-7F3K sudah dikonfirmasi. Sampai jumpa!",
    template="booking_confirmed",
    language="id",
    parameters=("pagi", "Sari", "RWT-7F3K"),
)
BY_PHONE = replace(MESSAGE, to="+6281234567890")


def keep(sink: Sink, message_id: str, body: str = "isi") -> None:
    sink.store(channel="SMS", to="+6281234567890", subject="", body=body, message_id=message_id, wire={})


def test_newest_messages_come_first_and_no_more_than_asked(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    for number in range(50):
        keep(sink, f"m{number}")
    assert [each.message_id for each in sink.recent(3)] == ["m49", "m48", "m47"]
    assert len(sink.recent(1_000)) == 50
    assert sink.recent(0) == []


def test_one_answer_is_bounded(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    for number in range(MAX_RECENT + 5):
        keep(sink, f"m{number}")
    assert len(sink.recent(10_000)) == MAX_RECENT


def test_the_same_message_twice_is_one_file_and_keeps_the_first(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    keep(sink, "m1", "pertama")
    keep(sink, "m1", "kedua")
    assert [each.body for each in sink.recent(10)] == ["pertama"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_second_sink_on_the_folder_sees_the_same_messages(tmp_path: Path) -> None:
    keep(Sink(tmp_path), "m1")
    assert [each.message_id for each in Sink(tmp_path).recent(10)] == ["m1"]


def test_the_oldest_go_when_the_sink_is_full(tmp_path: Path) -> None:
    sink = Sink(tmp_path, kept=10)
    for number in range(25):
        keep(sink, f"m{number}")
        assert len(list(tmp_path.iterdir())) <= 10
    assert sink.recent(1)[0].message_id == "m24"
    assert "m0" not in {each.message_id for each in sink.recent(10)}


def test_many_writers_lose_nothing_and_leave_no_half_files(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: keep(sink, f"m{number % 60}"), range(180)))
    assert {each.message_id for each in sink.recent(MAX_RECENT)} == {f"m{number}" for number in range(60)}
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "sink"
    keep(Sink(folder), "m1")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_message_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sink"
    keep(Sink(folder), "../../outside")
    assert [path.name for path in tmp_path.iterdir()] == ["sink"]


async def test_local_mail_keeps_the_letter_under_a_stable_id(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    ids = {await LocalMail(sink).send(MESSAGE) for _ in range(2)}
    [stored] = sink.recent(10)
    assert ids == {stored.message_id}
    assert (stored.channel, stored.to, stored.subject, stored.body) == (
        "EMAIL",
        MESSAGE.to,
        MESSAGE.subject,
        MESSAGE.body,
    )
    assert f"Message-ID: {stored.message_id}" in stored.wire["message"]


async def test_local_mail_refuses_what_smtp_would_refuse(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    with pytest.raises(Undeliverable):
        await LocalMail(sink).send(replace(MESSAGE, to="sari@example.com\r\nBcc: korban@example.com"))
    assert sink.recent(10) == []


async def test_local_whatsapp_keeps_the_request_of_the_cloud_api(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    message_id = await LocalWhatsapp(sink).send(BY_PHONE)
    [stored] = sink.recent(10)
    assert stored.message_id == message_id and stored.body == MESSAGE.body
    assert stored.wire == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "6281234567890",
        "type": "template",
        "template": {
            "name": "booking_confirmed",
            "language": {"code": "id"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "pagi"},
                        {"type": "text", "text": "Sari"},
                        {"type": "text", "text": "RWT-7F3K"},
                    ],
                }
            ],
        },
        "biz_opaque_callback_data": MESSAGE.key,
    }


async def test_local_sms_keeps_the_body_without_a_subject(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    await LocalSms(sink).send(BY_PHONE)
    [stored] = sink.recent(10)
    assert (stored.channel, stored.subject, stored.body) == ("SMS", "", MESSAGE.body)


async def test_one_key_on_two_channels_is_two_messages(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    await LocalSms(sink).send(BY_PHONE)
    await LocalWhatsapp(sink).send(BY_PHONE)
    assert {each.channel for each in sink.recent(10)} == {"SMS", "WHATSAPP"}


@pytest.mark.parametrize(
    "to", ["", "081234567890", "6281234567890", "+0812345678", "+62812\n34567", "sari@example.com"]
)
async def test_a_number_that_is_not_e164_is_undeliverable(tmp_path: Path, to: str) -> None:
    sink = Sink(tmp_path)
    for road in (LocalSms(sink), LocalWhatsapp(sink)):
        with pytest.raises(Undeliverable):
            await road.send(replace(MESSAGE, to=to))
    assert sink.recent(10) == []
