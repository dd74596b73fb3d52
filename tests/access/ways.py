"""How the access matrix gets at things: what each operation is asked with, and the way to each type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests import world
from tests.access.land import Side

Given = Mapping[str, Any]
PET = {"name": "Bolu", "species": "DOG", "size": "SMALL"}
ADDRESS = {
    "label": "Rumah", "recipient": "Sari", "phone": "+628120000004", "street": "Jalan Baru 4",
    "regionCode": "31.71.01.1001", "postcode": "10110",
}  # fmt: skip


# The ids that documents ask with, by the names of Side.ids.
BY_ID = ("booking", "account", "partner", "price", "requested", "held", "hidden")


@dataclass(frozen=True)
class Way:
    """A way to the objects of a type: what is asked, with `%s` where their fields are, and the path to one of them.
    Where the path meets a list its first element is meant. Items of subscriptions are picked by their type."""

    body: str
    path: tuple[str, ...]
    kind: str = "query"


def _query(root: str, *inside: str, connection: bool = False) -> Way:
    """Through a Query field, and fields of its answer."""
    steps = (root, *(("edges", "node") if connection else ()), *inside)
    body = "%s"
    for step in reversed(steps):
        body = f"{step} {{ {body} }}"
    return Way(body, (root.partition("(")[0], *steps[1:]))


def _heard(root: str) -> Way:
    """Through a Subscription field."""
    return Way(f"{root} {{ %s }}", (), "subscription")


BOOKING, PARTNER = "booking(id: $booking)", "partner(id: $partner)"
REGION = 'regions(parent: "31.71", first: 1, after: "WyIzMS43MSJd")'
SLOTS = 'freeSlots(partnerId: $partner, priceId: $price, fromDay: "{day}", toDay: "{day}")'

# The way to each type of the schema, by its name, or by "name: what is special about this object".
WAYS: dict[str, Way] = {
    "Account": _query("account(id: $account)"),
    "Account: the reader": _query("me"),
    "Address": _query(BOOKING, "address"),
    "Address: of the reader": _query("myAddresses", connection=True),
    "Area": _query(PARTNER, "areas"),
    "Booking": _query(BOOKING),
    "Booking: requested": _query("booking(id: $requested)"),
    "Booking: held": _query("booking(id: $held)"),
    "BookingCustomer": _query(BOOKING, "customer"),
    "CareEntry": _query(BOOKING, "careLog"),
    "ChecklistEntry": _query(BOOKING, "checklist"),
    "ChecklistLabel": _query(PARTNER, "services", "startChecklist"),
    "Consent": _query("myConsents", connection=True),
    "Consent: in force": _query("account(id: $account)", "consents"),
    "ConsentText": _query("consentText"),
    "Delivery": _query("deadNotifications", connection=True),
    "FreeSlot": _query(SLOTS.format(day=world.in_days(20))),
    "Incident": _query("incidents(bookingId: $booking)", connection=True),
    "Incident: of the booking": _query(BOOKING, "incidents"),
    "Message": _query(BOOKING, "messages", "edges", "node"),
    "MyPartner": _query("myPartner"),
    "Notification": _query("myNotifications", connection=True),
    "Notification: of the queue": _query("queueNotifications", connection=True),
    "OpenEvidence": _query(PARTNER, "services", "openEvidence"),
    "PageInfo": _query(REGION, "pageInfo"),
    "Partner": _query(PARTNER),
    "Partner: not approved": _query("partner(id: $hidden)"),
    "Partner: of the booking": _query(BOOKING, "partner"),
    "PartnerService": _query(PARTNER, "services"),
    "PartnerStatistics": _query("partnerStatistics(partnerId: $partner)"),
    "Payment": _query(BOOKING, "payment"),
    "Pet": _query(BOOKING, "pet"),
    "Pet: of the reader": _query("myPets", connection=True),
    "PhotoMedia": _query(BOOKING, "photoUpdates", "edges", "node", "media"),
    "PhotoUpdate": _query(BOOKING, "photoUpdates", "edges", "node"),
    "PlanException": _query("myPartner", "exceptions"),
    "PlanPeriod": _query("myPartner", "plan"),
    "Preference": _query("myPreference"),
    "Price": _query(PARTNER, "services", "prices"),
    "RankPart": _query(PARTNER, "whyThisRank"),
    "RefundPreview": _query(BOOKING, "refundPreview"),
    "Region": _query('regions(postcode: "10110")', connection=True),
    "Resource": _query("myPartner", "resources"),
    "ServiceToReview": _query("servicesToReview", connection=True),
    "Task": _query("deadTasks", connection=True),
    "AddressConnection": _query("myAddresses"),
    "AddressEdge": _query("myAddresses", "edges"),
    "BookingConnection": _query("bookings(customerId: $account)"),
    "BookingEdge": _query("bookings(customerId: $account)", "edges"),
    "ConsentConnection": _query("myConsents"),
    "ConsentEdge": _query("myConsents", "edges"),
    "DeliveryConnection": _query("deadNotifications"),
    "DeliveryEdge": _query("deadNotifications", "edges"),
    "IncidentConnection": _query("incidents(bookingId: $booking)"),
    "IncidentEdge": _query("incidents(bookingId: $booking)", "edges"),
    "MessageConnection": _query(BOOKING, "messages"),
    "MessageEdge": _query(BOOKING, "messages", "edges"),
    "NotificationConnection": _query("myNotifications"),
    "NotificationEdge": _query("myNotifications", "edges"),
    "PartnerConnection": _query("partners"),
    "PartnerEdge": _query("partners", "edges"),
    "PetConnection": _query("myPets"),
    "PetEdge": _query("myPets", "edges"),
    "PhotoUpdateConnection": _query(BOOKING, "photoUpdates"),
    "PhotoUpdateEdge": _query(BOOKING, "photoUpdates", "edges"),
    "RegionConnection": _query(REGION),
    "RegionEdge": _query(REGION, "edges"),
    "ServiceToReviewConnection": _query("servicesToReview"),
    "ServiceToReviewEdge": _query("servicesToReview", "edges"),
    "TaskConnection": _query("deadTasks"),
    "TaskEdge": _query("deadTasks", "edges"),
    "BookingEvent": _heard('bookingEvents(bookingId: $booking, after: "e0")'),
    "BookingEvent: of the jobs": _heard('jobUpdates(after: "e0")'),
    "BookingNow": _heard("bookingEvents(bookingId: $booking)"),
    "CaughtUp": _heard("bookingMessages(bookingId: $booking)"),
    "MessageSentItem": _heard('bookingMessages(bookingId: $booking, after: "e0")'),
    "NotificationCreatedItem": _heard('notifications(after: "e0")'),
    "PhotoUpdateSentItem": _heard('photoUpdates(bookingId: $booking, after: "e0")'),
    "StreamEnded": _heard('bookingEvents(bookingId: $booking, after: "e999999999")'),
}

# Types that only a mutation answers.
ANSWERS = {
    "LoggedOut": "logOut",
    "LoginCodeRequested": "requestLoginCode",
    "MarkedNotifications": "markNotificationsRead",
    "Plan": "setPlan",
    "Refusal": "logInWithCode",
    "Session": "refreshSession",
    "TotpEnrolment": "enrolTotp",
    "Upload": "requestUpload",
}
# Ids that stay where others are replaced by nobody's: a price is for everybody to see, the pet is not.
KEPT = {"holdBooking": ("price",)}
# Mutations that tell nobody whether an id exists: they answer how many of one's own it was.
SILENT = frozenset({"markNotificationsRead"})
# Mutations that this world lets nobody do: behind the guard a rule of the hour or of the credentials says no.
BY_RULE = frozenset({"logInWithCode", "logInAsStaff", "startBooking", "reportNoShow"})
# Done last, in this order: others need what they end.
AT_LAST = ("completeBooking", "cancelBooking", "suspendAccount", "restoreAccount", "logOut", "logOutEverywhere")
# What the next reader needs as it was before the last one.
RESET = {
    "requestLoginCode": "DELETE FROM login_code",
    "resendNotification": "UPDATE notification SET state = 'DEAD' WHERE channel = 'SMS'",
    "resendTask": "UPDATE task SET state = 'DEAD' WHERE key = 'dead'",
}

# What each operation is asked with; an id in it is the side's. Operations that are not here take nothing.
ASKED: dict[str, Callable[[Side], Given]] = {
    "account": lambda side: {"id": side.ids["account"]},
    "booking": lambda side: {"id": side.ids["booking"]},
    "bookings": lambda side: {"customerId": side.ids["account"], "partnerId": side.ids["partner"]},
    "incidents": lambda side: {"bookingId": side.ids["booking"]},
    "partner": lambda side: {"id": side.ids["partner"]},
    "partner: not approved": lambda side: {"id": side.ids["hidden"]},
    "freeSlots": lambda side: _slots(side.ids["partner"], side.ids["price"]),
    "freeSlots: not approved": lambda side: _slots(side.ids["hidden"], side.ids["hidden_price"]),
    "partnerStatistics": lambda side: {"partnerId": side.ids["partner"]},
    "bookingEvents": lambda side: {"bookingId": side.ids["booking"]},
    "bookingMessages": lambda side: {"bookingId": side.ids["booking"]},
    "photoUpdates": lambda side: {"bookingId": side.ids["booking"]},
    "booking: held": lambda side: {"id": side.ids["held"]},
    "bookingEvents: held": lambda side: {"bookingId": side.ids["held"]},
    "requestLoginCode": lambda side: {"phone": "+6281200000999"},
    "logInWithCode": lambda side: {"input": {"phone": "+6281200000998", "code": "123456"}},
    "logInAsStaff": lambda side: {"input": {"email": "siapa@rawat.example", "password": "x" * 12, "totp": "123456"}},
    "enrolTotp": lambda side: {"input": {"email": side.ids["recruit"], "password": side.ids["recruit_password"]}},
    "refreshSession": lambda side: {"refreshToken": "own"},
    "editAccount": lambda side: {"input": {"zone": "WITA"}},
    "giveConsent": lambda side: {"purpose": "ANALYTICS", "textVersion": "2026-11"},
    "withdrawConsent": lambda side: {"purpose": "ANALYTICS"},
    "openStaffAccount": lambda side: {
        "input": {"email": f"{uuid4().hex}@rawat.example", "name": "Uji", "roles": ["AGENT"],
                  "password": "kucing oranye di pagar"}
    },
    "grantRole": lambda side: {"accountId": side.ids["someone"], "role": "PARTNER"},
    "revokeRole": lambda side: {"accountId": side.ids["someone"], "role": "CUSTOMER"},
    "suspendAccount": lambda side: {"accountId": side.ids["someone"]},
    "restoreAccount": lambda side: {"accountId": side.ids["someone"]},
    "holdBooking": lambda side: {
        "input": {"optionId": side.ids["price"], "petId": side.ids["pet"], "arrivesOn": str(world.in_days(50)),
                  "leavesOn": str(world.in_days(51))},
        "idempotencyKey": uuid4().hex,
    },
    "requestBooking": lambda side: {
        "bookingId": side.ids["held"], "paymentMethod": "E_WALLET", "idempotencyKey": uuid4().hex
    },
    "acceptBooking": lambda side: {"bookingId": side.ids["requested"]},
    "declineBooking": lambda side: {"bookingId": side.ids["asked"]},
    "tickChecklist": lambda side: {"bookingId": side.ids["booking"], "items": ["LODGING_CLEAN"]},
    "startBooking": lambda side: {"bookingId": side.ids["booking"]},
    "completeBooking": lambda side: {"bookingId": side.ids["running"]},
    "reportNoShow": lambda side: {"bookingId": side.ids["booking"], "absent": "CUSTOMER"},
    "reportLate": lambda side: {
        "bookingId": side.ids["booking"], "arrivesAt": world.at(15).isoformat(), "reason": "Macet"
    },
    "reportDeviation": lambda side: {"bookingId": side.ids["running"], "item": "LODGING_CLEAN", "note": "Catatan"},
    "reportViolation": lambda side: {"bookingId": side.ids["running"], "item": "LODGING_CLEAN", "note": "Catatan"},
    "logCare": lambda side: {"bookingId": side.ids["running"], "day": str(world.in_days(0)), "kinds": ["FOOD"]},
    "sendMessage": lambda side: {"bookingId": side.ids["running"], "body": "Halo", "idempotencyKey": uuid4().hex},
    "requestUpload": lambda side: {
        "bookingId": side.ids["running"], "contentType": "image/jpeg", "byteSize": 9, "idempotencyKey": uuid4().hex
    },
    "sendPhotoUpdate": lambda side: {
        "bookingId": side.ids["running"], "uploadIds": [side.ids["upload"]], "idempotencyKey": uuid4().hex
    },
    "cancelBooking": lambda side: {"bookingId": side.ids["booking"]},
    "addPet": lambda side: {"input": PET},
    "editPet": lambda side: {"petId": side.ids["pet"], "input": PET},
    "removePet": lambda side: {"petId": side.ids["old_pet"]},
    "addAddress": lambda side: {"input": ADDRESS},
    "replaceAddress": lambda side: {"addressId": side.ids["old_address"], "input": ADDRESS},
    "removeAddress": lambda side: {"addressId": side.ids["new_address"]},
    "openPartner": lambda side: {"input": {"accountId": side.ids["someone"], "name": "Mitra", "areas": ["31.71"]}},
    "editPartner": lambda side: {"partnerId": side.ids["partner"], "input": {"bio": "Baru"}},
    "suspendPartner": lambda side: {"partnerId": side.ids["hidden"], "reason": "Uji"},
    "restorePartner": lambda side: {"partnerId": side.ids["hidden"], "reason": "Uji"},
    "offerService": lambda side: {"type": "DOG_TRAINER", "cancelPolicy": "ONE_DAY"},
    "submitService": lambda side: {"serviceId": side.ids["draft"]},
    "approveService": lambda side: {
        "serviceId": side.ids["walking"],
        "evidence": [{"kind": kind, "count": 3} for kind in ("KTP", "EXPERIENCE", "REFERENCE", "BACKGROUND_CHECK")],
    },
    "rejectService": lambda side: {"serviceId": side.ids["walking"], "reason": "Uji"},
    "setPrice": lambda side: {
        "serviceId": side.ids["draft"],
        "input": {"title": "Paket", "unit": "SESSION", "priceIdr": 60_000, "minutes": 60},
    },
    "removePrice": lambda side: {"priceId": side.ids["spare_price"]},
    "setPlan": lambda side: {"periods": [{"weekday": 0, "opens": "06:00", "closes": "22:00"}]},
    "addPlanException": lambda side: {"input": {"on": str(world.in_days(41)), "available": False}},
    "removePlanException": lambda side: {"exceptionId": side.ids["exception"]},
    "addResource": lambda side: {"label": "Kandang baru"},
    "removeResource": lambda side: {"resourceId": side.ids["kennel"]},
    "markNotificationsRead": lambda side: {"ids": [side.ids["dead"]]},
    "setPreference": lambda side: {
        "email": True, "whatsapp": True, "sms": True, "quietFrom": "21:00", "quietUntil": "07:00"
    },
    "resendNotification": lambda side: {"id": side.ids["dead"]},
    "resendTask": lambda side: {"key": "dead"},
}  # fmt: skip


def _slots(partner: str, price: str) -> Given:
    day = str(world.in_days(20))
    return {"partnerId": partner, "priceId": price, "fromDay": day, "toDay": day}
