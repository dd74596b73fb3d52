"""Texts about a booking as an agreement: asked, answered, reminded, cancelled, closed."""

from domain.notification.template import TO_KEEP, Audience, Template, Text

_ANSWER_TEXTS: dict[Template, Text] = {
    Template.HOLD_EXPIRED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Jadwal yang Kakak tahan sudah dilepas",
        subject_en="The time you were holding was released",
        body_id="Kak {name}, batas waktu untuk memesan {service} bersama {partner} sudah lewat, jadi jadwalnya kami "
        "lepas. Belum ada dana yang ditarik. Masih berminat? Pilih lagi di {link} kapan saja.",
        body_en="Hi {name}, the time to book {service} with {partner} has passed, so we released the slot. "
        "Nothing was charged. Still interested? Choose again at {link} any time.",
    ),
    Template.BOOKING_REQUESTED: Text(
        audience=Audience.PARTNER,
        subject_id="Ada pemesanan baru menunggu jawaban",
        subject_en="A new booking request is waiting for you",
        body_id="Halo {partner}, ada pemesanan {service} untuk {pet} pada {time}. Mohon terima atau tolak di {link} "
        "sebelum {deadline} ya.",
        body_en="Hi {partner}, you have a {service} request for {pet} on {time}. Please accept or decline at {link} "
        "by {deadline}, thanks.",
    ),
    Template.BOOKING_CONFIRMED: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} sudah dikonfirmasi",
        subject_en="Booking {code} is confirmed",
        body_id="Selamat {daypart}, Kak {name}. Pemesanan {code} sudah dikonfirmasi: {service} bersama {partner}, "
        "{time}. Sampai jumpa!",
        body_en="Good {daypart}, {name}. Booking {code} is confirmed: {service} with {partner}, {time}. See you soon!",
    ),
    Template.BOOKING_DECLINED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Pemesanan {code} belum bisa diterima",
        subject_en="Booking {code} could not be accepted",
        body_id="Mohon maaf, Kak {name}. {partner} belum bisa menerima pemesanan {code}. Dana {amount} kembali penuh. "
        "Mari cari mitra lain di {link} kapan saja.",
        body_en="We're sorry, {name}. {partner} can't take booking {code}. You get the full {amount} back. "
        "Find another partner at {link} any time.",
    ),
    Template.REQUEST_EXPIRED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Pemesanan {code} tidak terjawab",
        subject_en="Booking {code} was not answered",
        body_id="Mohon maaf, Kak {name}. {partner} belum menjawab pemesanan {code} sampai batas waktunya, jadi kami "
        "menutupnya. Dana {amount} kembali penuh. Mari cari mitra lain di {link} kapan saja.",
        body_en="We're sorry, {name}. {partner} did not answer booking {code} in time, so we closed it. "
        "You get the full {amount} back. Find another partner at {link} any time.",
    ),
    Template.BOOKING_REMINDER: Text(
        audience=Audience.CUSTOMER,
        subject_id="Pengingat layanan untuk {pet} dari Rawat",
        subject_en="A reminder of the service for {pet} from Rawat",
        body_id="Halo Kak {name}, pengingat: {service} untuk {pet} dimulai {time}. Ada perubahan? Kabari kami lewat "
        "{link} ya.",
        body_en="Hi {name}, a reminder: {service} for {pet} starts {time}. Need a change? Let us know at {link} "
        "please.",
    ),
    Template.BOOKING_REMINDER_PARTNER: Text(
        audience=Audience.PARTNER,
        subject_id="Pengingat pekerjaan Anda berikutnya",
        subject_en="A reminder of your next job",
        body_id="Halo {partner}, pengingat: {service} untuk {pet} dimulai {time}. Lihat alamat dan daftar periksanya "
        "di {link} sebelum berangkat.",
        body_en="Hi {partner}, a reminder: {service} for {pet} starts {time}. See the address and the checklist at "
        "{link} before you leave.",
    ),
}

_ENDING_TEXTS: dict[Template, Text] = {
    Template.BOOKING_CANCELLED: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} dibatalkan",
        subject_en="Booking {code} is cancelled",
        body_id="Kak {name}, pemesanan {code} dibatalkan. Dana kembali {amount} sesuai kebijakan {policy}, paling "
        "lambat {deadline} ya.",
        body_en="Hi {name}, booking {code} is cancelled. You get back {amount} under the {policy} policy, by "
        "{deadline} at the latest.",
    ),
    Template.BOOKING_CANCELLED_PARTNER: Text(
        audience=Audience.PARTNER,
        subject_id="Pemesanan {code} dibatalkan",
        subject_en="Booking {code} is cancelled",
        body_id="Halo {partner}, pemesanan {code} dibatalkan: {service} untuk {pet}, {time}. Jadwal Anda terbuka lagi. "
        "Rinciannya ada di {link} ya.",
        body_en="Hi {partner}, booking {code} was cancelled: {service} for {pet}, {time}. Your schedule is open again. "
        "See the details at {link} please.",
    ),
    Template.BOOKING_CANCELLED_BY_STAFF: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} dibatalkan tim kami, dana kembali penuh",
        subject_en="Our team cancelled booking {code}, full refund",
        body_id="Mohon maaf, Kak {name}. Tim kami membatalkan pemesanan {code} bersama {partner} pada {time}. "
        "Alasannya: {reason}. Dana {amount} kembali penuh, paling lambat {deadline} ya.",
        body_en="We're sorry, {name}. Our team cancelled booking {code} with {partner} on {time}. "
        "The reason: {reason}. You get the full {amount} back, by {deadline} at the latest.",
    ),
    Template.BOOKING_CANCELLED_BY_STAFF_PARTNER: Text(
        audience=Audience.PARTNER,
        subject_id="Pemesanan {code} dibatalkan tim kami",
        subject_en="Our team cancelled booking {code}",
        body_id="Halo {partner}, tim kami membatalkan pemesanan {code}: {service} untuk {pet}, {time}. "
        "Alasannya: {reason}. Rinciannya ada di {link} ya.",
        body_en="Hi {partner}, our team cancelled booking {code}: {service} for {pet}, {time}. "
        "The reason: {reason}. See the details at {link} please.",
    ),
    Template.PARTNER_CANCELLED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Mitra membatalkan pemesanan {code}, dana kembali penuh",
        subject_en="The partner cancelled booking {code}, full refund",
        body_id="Mohon maaf, Kak {name}. {partner} harus membatalkan pemesanan {code} pada {time}. Dana {amount} "
        "kembali penuh. Kami bantu cari pengganti di {link} ya.",
        body_en="We're sorry, {name}. {partner} had to cancel booking {code} on {time}. You get the full {amount} "
        "back. Let us help you find someone else at {link} please.",
    ),
    Template.NO_SHOW_CUSTOMER: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} tercatat tanpa kehadiran",
        subject_en="Booking {code} was noted as missed",
        body_id="Kak {name}, {partner} sudah tiba untuk pemesanan {code} pada {time}, tetapi tidak dapat bertemu "
        "Kakak. Dana kembali {amount} sesuai kebijakan. Ada yang keliru? Kabari kami di {link} ya.",
        body_en="Hi {name}, {partner} came for booking {code} on {time} but could not meet you. You get back {amount} "
        "under the policy. Is this wrong? Tell us at {link} please.",
    ),
    Template.NO_SHOW_CUSTOMER_PARTNER: Text(
        audience=Audience.PARTNER,
        subject_id="Ketidakhadiran pelanggan sudah dicatat",
        subject_en="The customer's absence is noted",
        body_id="Halo {partner}, terima kasih sudah datang. Pemesanan {code} kami catat tanpa kehadiran pelanggan. "
        "Bagian Anda {amount}, rinciannya ada di {link} ya.",
        body_en="Hi {partner}, thank you for being there. We noted booking {code} as missed by the customer. "
        "Your share is {amount}, with the details at {link} to read.",
    ),
    Template.NO_SHOW_PARTNER: Text(
        audience=Audience.CUSTOMER,
        subject_id="Mitra tidak datang untuk pemesanan {code}, dana kembali penuh",
        subject_en="The partner did not come for booking {code}, full refund",
        body_id="Mohon maaf, Kak {name}. {partner} tidak datang untuk pemesanan {code} pada {time}. Dana {amount} "
        "kembali penuh. Kami bantu cari pengganti di {link} ya.",
        body_en="We're sorry, {name}. {partner} did not come for booking {code} on {time}. You get the full {amount} "
        "back. Let us help you find someone else at {link} please.",
    ),
    # The clock knows only that nobody recorded a start, not that nobody came.
    Template.START_UNRECORDED: Text(
        audience=Audience.CUSTOMER,
        subject_id="Pemesanan {code} ditutup, dana kembali penuh",
        subject_en="Booking {code} was closed, full refund",
        body_id="Kak {name}, {partner} tidak pernah mencatat dimulainya pemesanan {code} pada {time}, jadi kami "
        "menutupnya. Dana {amount} kembali penuh. Ternyata layanannya terjadi? Kabari kami di {link} ya.",
        body_en="Hi {name}, {partner} never recorded the start of booking {code} on {time}, so we closed it. "
        "You get the full {amount} back. Did it take place after all? Tell us at {link} please.",
    ),
    Template.NO_SHOW_PARTNER_PARTNER: Text(
        audience=Audience.PARTNER,
        subject_id="Pemesanan {code} tercatat tidak Anda hadiri",
        subject_en="You were noted as absent from booking {code}, please read",
        body_id="Halo {partner}, pemesanan {code} pada {time} kami tutup karena kehadiran Anda tidak tercatat. "
        "Pelanggan menerima dananya kembali. Ada penjelasan? Sampaikan di {link} ya.",
        body_en="Hi {partner}, we closed booking {code} on {time} because your arrival was not recorded. "
        "The customer gets the money back. Is there a reason? Tell us at {link} please.",
    ),
    Template.PARTNER_CANCELLED_SUPPORT: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Mitra membatalkan pemesanan {code}",
        subject_en="The partner cancelled booking {code}",
        body_id="Mitra {partner} membatalkan pemesanan {code}: {service}, {time}. Mohon bantu pelanggan mencari "
        "pengganti lewat {link} ya.",
        body_en="Partner {partner} cancelled booking {code}: {service}, {time}. Please help the customer find someone "
        "else through {link} soon.",
    ),
    Template.NO_SHOW_CUSTOMER_SUPPORT: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Pelanggan tidak hadir pada pemesanan {code}",
        subject_en="The customer was absent from booking {code}",
        body_id="Pemesanan {code} dengan mitra {partner}, {time}, dicatat tanpa kehadiran pelanggan. Mohon periksa di "
        "{link} ya.",
        body_en="Booking {code} with partner {partner}, {time}, was noted as missed by the customer. Please look into "
        "it at {link} soon.",
    ),
    Template.NO_SHOW_PARTNER_SUPPORT: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Mitra tidak datang untuk pemesanan {code}",
        subject_en="The partner did not come for booking {code}",
        body_id="Mitra {partner} tidak datang untuk pemesanan {code}: {service}, {time}. Mohon bantu pelanggan lewat "
        "{link} ya.",
        body_en="Partner {partner} did not come for booking {code}: {service}, {time}. Please help the customer "
        "through {link} soon.",
    ),
    Template.START_UNRECORDED_SUPPORT: Text(
        audience=Audience.STAFF,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} ditutup tanpa catatan mulai",
        subject_en="Booking {code} was closed without a recorded start",
        body_id="Mitra {partner} tidak mencatat mulainya pemesanan {code}: {service}, {time}. Sistem menutupnya dan "
        "mengembalikan dana. Mohon tanyakan keadaannya lewat {link} ya.",
        body_en="Partner {partner} recorded no start of booking {code}: {service}, {time}. The system closed it and "
        "returned the money. Please ask what happened through {link} soon.",
    ),
    Template.BOOKING_CLOSED: Text(
        audience=Audience.PARTNER,
        channels=TO_KEEP,
        subject_id="Pemesanan {code} selesai",
        subject_en="Booking {code} is closed",
        body_id="Halo {partner}, pemesanan {code} sudah ditutup. Bagian Anda {amount}, rinciannya ada di {link} ya. "
        "Terima kasih sudah merawat!",
        body_en="Hi {partner}, booking {code} is closed. Your share is {amount}, with the details at {link} to read. "
        "Thank you for caring!",
    ),
    Template.REVIEW_REQUEST: Text(
        audience=Audience.CUSTOMER,
        channels=TO_KEEP,
        subject_id="Bagaimana layanan untuk {pet} kali ini?",
        subject_en="How was the service for {pet} this time?",
        body_id="Bagaimana layanan {partner} untuk {pet}, Kak {name}? Beri bintang 1–5 dan ulasan di {link} sampai "
        "{deadline}. Terima kasih!",
        body_en="How was {partner}'s service for {pet}, {name}? Leave 1–5 stars and a review at {link} until "
        "{deadline}. Thank you!",
    ),
}

BOOKING_TEXTS: dict[Template, Text] = _ANSWER_TEXTS | _ENDING_TEXTS
