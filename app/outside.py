"""Which providers a process talks to: real ones where settings name them, the local sink otherwise."""

from app.settings import Settings
from integrations.mail import LocalMail, Mail, SmtpMail
from integrations.seal import Seal
from integrations.sink import Sink
from integrations.sms import LocalSms
from integrations.storage import LocalStorage
from integrations.whatsapp import LocalWhatsapp
from workers.job import Outside


def sink(settings: Settings) -> Sink:
    """Where development's outgoing messages are laid down for /dev/inbox."""
    return Sink(settings.data_dir / "inbox")


def storage(settings: Settings) -> LocalStorage:
    """Where photos and clips are kept."""
    return LocalStorage(settings.data_dir / "media")


def outside(settings: Settings) -> Outside:
    """The providers of this process."""
    local = sink(settings)
    return Outside(
        mail=_mail(settings, local), whatsapp=LocalWhatsapp(local), sms=LocalSms(local),
        seal=Seal(settings.secret_key), storage=storage(settings), public_url=settings.public_url,
    )  # fmt: skip


def _mail(settings: Settings, local: Sink) -> Mail:
    if settings.smtp_host is None:
        return LocalMail(local)
    name, _, address = settings.smtp_from.rpartition("<")
    return SmtpMail(
        host=settings.smtp_host, port=settings.smtp_port or 587, sender=address.rstrip("> "), sender_name=name.strip()
    )
