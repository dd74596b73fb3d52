"""Texts about the job itself: lateness, the live updates, the care of a stay, and what went wrong."""

from domain.notification.template import TO_KEEP, Audience, Template, Text

_ARRIVAL_TEXTS: dict[Template, Text] = {
    Template.PARTNER_LATE: Text(
        audience=Audience.CUSTOMER,
        urgent=True,
        subject_id="Mitra terlambat sekitar {minutes} menit",
        subject_en="Your partner is about {minutes} minutes late",
        body_id="Mohon maaf, Kak {name}. {partner} terlambat sekitar {minutes} menit karena {reason}. Perkiraan tiba "
        "{time}. Ingin jadwal ulang? Buka {link} ya.",
        body_en="We're sorry, {name}. {partner} is about {minutes} minutes late because of {reason}. New arrival "
        "{time}. Reschedule? Open {link} please.",
    ),
    Template.PARTNER_LATE_SUPPORT: Text(
        audience=Audience.STAFF,
        urgent=True,
        channels=TO_KEEP,
        subject_id="Keterlambatan pada pemesanan {code} dilaporkan",
        subject_en="Lateness on booking {code} reported",
        body_id="Mitra {partner} melaporkan terlambat sekitar {minutes} menit untuk pemesanan {code} karena {reason}. "
        "Perkiraan tiba {time}. Pantau di {link} ya.",
        body_en="Partner {partner} reports being about {minutes} minutes late for booking {code} because of {reason}. "
        "New arrival {time}. Follow it at {link} please.",
    ),
    Template.PARTNER_MISSING: Text(
        audience=Audience.CUSTOMER,
        urgent=True,
        subject_id="Mitra belum tercatat tiba, kami sedang mengurusnya",
        subject_en="Your partner has not arrived, we are on it",
        body_id="Mohon maaf, Kak {name}. {partner} belum tercatat tiba untuk {service} yang dimulai {time}. "
        "Kami sedang menghubunginya. Pantau atau minta bantuan di {link} ya.",
        body_en="We're sorry, {name}. {partner} has not checked in for {service} that was to start {time}. "
        "We are contacting them. Follow it or ask for help at {link} please.",
    ),
    Template.PARTNER_MISSING_PARTNER: Text(
        audience=Audience.PARTNER,
        urgent=True,
        subject_id="Pemesanan {code} seharusnya sudah dimulai",
        subject_en="Booking {code} should have started",
        body_id="Halo {partner}, pemesanan {code} seharusnya dimulai {time}, tetapi belum ada catatan. Mohon mulai "
        "layanan atau laporkan keterlambatan di {link} sekarang.",
        body_en="Hi {partner}, booking {code} was to start {time}, but nothing is recorded yet. Please start the "
        "service or report the delay at {link} now.",
    ),
    Template.PARTNER_MISSING_SUPPORT: Text(
        audience=Audience.STAFF,
        urgent=True,
        channels=TO_KEEP,
        subject_id="Mitra belum memulai pemesanan {code}, mohon dihubungi",
        subject_en="Partner has not started booking {code}, please call",
        body_id="Mitra {partner} belum memulai pemesanan {code} yang dijadwalkan {time} dan belum memberi kabar. "
        "Sudah lewat {minutes} menit. Mohon hubungi lewat {link} sekarang.",
        body_en="Partner {partner} has neither started booking {code}, planned for {time}, nor reported a delay. "
        "It is {minutes} minutes past. Please contact them through {link} now.",
    ),
}

_UPDATE_TEXTS: dict[Template, Text] = {
    Template.SERVICE_STARTED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Layanan untuk {pet} sudah dimulai",
        subject_en="The service for {pet} has started",
        body_id="Halo Kak {name}, {service} untuk {pet} dimulai pukul {time}. Kami kirim foto selama layanan.",
        body_en="Hi {name}, {service} for {pet} started at {time}. We'll send photos along the way.",
    ),
    Template.PHOTO_UPDATE: Text(
        audience=Audience.CUSTOMER,
        subject_id="Ada kabar dari {pet} untuk Kakak",
        subject_en="News from {pet} for you",
        body_id="Ada kabar dari {pet}! {partner} mengirim {count} foto atau video baru. Lihat di {link} sekarang.",
        body_en="News from {pet}! {partner} sent new photos or videos: {count} in all. See them at {link} now.",
    ),
    Template.PHOTO_UPDATE_NOTED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Ada kabar dari {pet} untuk Kakak",
        subject_en="News from {pet} for you",
        body_id="Ada kabar dari {pet}! {partner} mengirim {count} foto atau video baru: {note}. Lihat di {link} "
        "sekarang.",
        body_en="News from {pet}! {partner} sent new photos or videos, {count} in all: {note}. See them at {link} now.",
    ),
    Template.UPDATE_OVERDUE: Text(
        audience=Audience.PARTNER,
        subject_id="Pelanggan menunggu kabar dari {pet} hari ini",
        subject_en="The customer is waiting for news from {pet} today",
        body_id="Halo {partner}, sudah {minutes} menit tanpa kabar dari {pet}. Mohon kirim foto atau video di {link} "
        "sekarang, pelanggan menunggunya.",
        body_en="Hi {partner}, there has been no news from {pet} for {minutes} minutes. Please send a photo or video "
        "at {link} now, the customer is waiting.",
    ),
    Template.UPDATE_OVERDUE_SUPPORT: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Kabar pada pemesanan {code} terlambat",
        subject_en="The update on booking {code} is overdue",
        body_id="Mitra {partner} belum mengirim kabar pada pemesanan {code} selama {minutes} menit dan sudah "
        "diingatkan. Mohon tindak lanjuti di {link} ya.",
        body_en="Partner {partner} has sent no update on booking {code} for {minutes} minutes and was reminded. "
        "Please follow it up at {link} soon.",
    ),
    Template.NO_UPDATES_FLAG: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} selesai tanpa kabar",
        subject_en="Booking {code} ended without updates",
        body_id="Layanan {service} oleh {partner} pada pemesanan {code} berakhir tanpa satu pun foto atau video. "
        "Mohon periksa di {link} ya.",
        body_en="The {service} by {partner} on booking {code} ended without a single photo or video. "
        "Please look into it at {link} soon.",
    ),
    Template.SERVICE_COMPLETED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Layanan untuk {pet} sudah selesai",
        subject_en="The service for {pet} is complete",
        body_id="Halo Kak {name}, {service} untuk {pet} bersama {partner} selesai pukul {time}. Foto dan catatannya "
        "ada di {link} ya. Terima kasih!",
        body_en="Hi {name}, {service} for {pet} with {partner} was completed at {time}. Photos and notes are at {link} "
        "for you. Thank you!",
    ),
}

_CARE_TEXTS: dict[Template, Text] = {
    Template.CARE_LOG_MISSING: Text(
        audience=Audience.PARTNER,
        urgent=True,
        subject_id="Catatan perawatan {pet} belum lengkap",
        subject_en="The care log of {pet} is incomplete",
        body_id="Halo {partner}, catatan perawatan {pet} untuk {day} belum memuat: {items}. Mohon pastikan sudah "
        "dilakukan dan lengkapi di {link} sekarang.",
        body_en="Hi {partner}, the care log of {pet} for {day} still lacks: {items}. Please make sure it was done and "
        "complete the log at {link} now.",
    ),
    # An animal may be without food or water, so support is not left to sleep either.
    Template.CARE_LOG_MISSING_SUPPORT: Text(
        audience=Audience.STAFF,
        urgent=True,
        channels=TO_KEEP,
        subject_id="Catatan perawatan pada pemesanan {code} belum lengkap",
        subject_en="The care log of booking {code} is incomplete",
        body_id="Catatan perawatan {pet} pada pemesanan {code} oleh {partner} untuk {day} belum memuat: {items}. "
        "Mohon pastikan keadaannya lewat {link} sekarang.",
        body_en="The care log of {pet} on booking {code} by {partner} for {day} lacks: {items}. "
        "Please make sure all is well through {link} now.",
    ),
    Template.VIOLATION_REPORTED: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Pelanggaran pada pemesanan {code} dilaporkan",
        subject_en="A violation on booking {code} was reported",
        body_id="Pelanggan melaporkan pelanggaran oleh {partner} pada pemesanan {code}, butir: {item}. Mohon periksa "
        "di {link} ya.",
        body_en="The customer reported a violation by {partner} on booking {code}, item: {item}. Please look into it "
        "at {link} soon.",
    ),
    Template.DEVIATION_REPORTED: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Penyimpangan pada pemesanan {code} dicatat",
        subject_en="A deviation on booking {code} was noted",
        body_id="Mitra {partner} mencatat penyimpangan pada pemesanan {code}, butir: {item}. Keterangannya: {note}. "
        "Mohon periksa di {link} ya.",
        body_en="Partner {partner} noted a deviation on booking {code}, item: {item}. The explanation: {note}. "
        "Please look into it at {link} soon.",
    ),
}

CARE_TEXTS: dict[Template, Text] = _ARRIVAL_TEXTS | _UPDATE_TEXTS | _CARE_TEXTS
