"""Texts about an account: signing in, the welcome, a message received."""

from domain.notification.template import TO_KEEP, Audience, Channel, Template, Text

ACCOUNT_TEXTS: dict[Template, Text] = {
    # By SMS, since every Indonesian mobile number receives it; who has no number has signed in by mail.
    Template.LOGIN_CODE: Text(
        audience=Audience.ANYONE,
        urgent=True,
        secret=True,
        channels=(Channel.SMS, Channel.EMAIL),
        subject_id="Kode masuk Rawat Anda",
        subject_en="Your Rawat sign-in code",
        body_id="Kode masuk Rawat: {code}, berlaku {minutes} menit. Jangan bagikan kode ini kepada siapa pun, "
        "termasuk yang mengaku dari Rawat.",
        body_en="Rawat sign-in code: {code}, valid for {minutes} minutes. Never share this code with anyone, "
        "even someone who says they are from Rawat.",
    ),
    Template.WELCOME: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Selamat datang di Rawat",
        subject_en="Welcome to Rawat",
        body_id="Selamat datang di Rawat, Kak {name}! Kenalkan hewan kesayangan Kakak di {link} lalu pilih layanan "
        "pertamanya. Kami senang ikut merawat.",
        body_en="Welcome to Rawat, {name}! Tell us about your pet at {link} and choose its first service. "
        "We're glad to help you care.",
    ),
    Template.NEW_MESSAGE: Text(
        audience=Audience.ANYONE,
        subject_id="Pesan baru tentang pemesanan {code} untuk Anda",
        subject_en="New message about booking {code} for you",
        body_id="Halo {name}, ada pesan baru dari {sender} tentang pemesanan {code}. Baca dan balas di {link} ya.",
        body_en="Hi {name}, you have a new message from {sender} about booking {code}. Read and answer it at {link} "
        "when you can.",
    ),
}
