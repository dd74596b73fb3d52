"""A login code goes to its phone once and leaves no readable trace in the rows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.permissions import NOBODY
from domain.refusals import Language
from domain.task import TaskState
from integrations.delivery import Outgoing, Undeliverable, Unreachable
from integrations.mail import LocalMail
from integrations.sink import Sink
from integrations.sms import LocalSms, Sms
from integrations.storage import LocalStorage
from integrations.whatsapp import LocalWhatsapp
from models.account import LoginCode
from models.task import Task
from services import account as accounts
from tests.signing_in import PHONE, SEAL, ask, read_code
from workers.job import Outside
from workers.runner import run_task


class Failing:
    """A provider on a bad day."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, message: Outgoing) -> str:
        raise self.error


def outside(folder: Path, sms: Sms | None = None) -> Outside:
    sink = Sink(folder)
    return Outside(
        mail=LocalMail(sink), whatsapp=LocalWhatsapp(sink), sms=sms or LocalSms(sink), seal=SEAL,
        storage=LocalStorage(folder / "media"),
        public_url="http://rawat.example",
    )  # fmt: skip


async def send(given: Outside) -> Task:
    task = await Task.get(name="send_login_code")
    await run_task(task.key, given)
    return await Task.get(key=task.key)


@pytest.mark.parametrize("language, words", [(Language.ID, "Kode masuk Rawat"), (Language.EN, "Rawat sign-in code")])
async def test_the_code_arrives_by_sms_in_the_language_asked_for(
    language: Language, words: str, tmp_path: Path
) -> None:
    code = await ask(language=language)
    task = await send(outside(tmp_path))
    message = Sink(tmp_path).recent(5)[0]
    assert (message.channel, message.to) == ("SMS", PHONE)
    assert words in message.body and code in message.body
    assert task.state is TaskState.DONE


async def test_what_was_sent_is_no_longer_readable_but_still_opens_a_session(tmp_path: Path) -> None:
    code = await ask()
    await send(outside(tmp_path))
    assert (await LoginCode.get()).sealed_code is None
    assert (await accounts.log_in_with_code(NOBODY, SEAL, PHONE, code, "Sari")).account.phone == PHONE


async def test_a_job_that_runs_twice_sends_once(tmp_path: Path) -> None:
    await ask()
    given = outside(tmp_path)
    task = await send(given)
    await Task.filter(key=task.key).update(state=TaskState.DUE)
    await send(given)
    assert len(Sink(tmp_path).recent(5)) == 1


async def test_a_code_that_is_over_is_not_sent_and_wiped(tmp_path: Path) -> None:
    await ask()
    await LoginCode.all().update(expires_at=datetime.now(UTC))
    await send(outside(tmp_path))
    assert Sink(tmp_path).recent(5) == []
    assert (await LoginCode.get()).sealed_code is None


async def test_while_the_provider_is_away_the_code_waits(tmp_path: Path) -> None:
    code = await ask()
    task = await send(outside(tmp_path, Failing(Unreachable("away"))))
    assert task.state is TaskState.DUE and code not in task.last_error
    assert await read_code() == code


async def test_what_can_never_arrive_is_wiped(tmp_path: Path) -> None:
    await ask()
    task = await send(outside(tmp_path, Failing(Undeliverable("no such number"))))
    assert task.state is TaskState.DONE
    assert (await LoginCode.get()).sealed_code is None


async def test_what_a_provider_says_in_anger_is_repeated_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of a library often names the address it asked, with number and code in it."""
    code = await ask()
    task = await send(outside(tmp_path, Failing(RuntimeError(f"400 for https://sms.example/?to={PHONE}&text={code}"))))
    assert (task.state, task.last_error) == (TaskState.DUE, "Unreachable: RuntimeError")
    assert "RuntimeError" in caplog.text and "test_account.py" in caplog.text  # what and where is known
    assert PHONE not in caplog.text and code not in caplog.text
