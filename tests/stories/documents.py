"""The GraphQL documents a front end would send, shared by the stories."""

REQUEST_CODE = """
mutation ($phone: String!) { requestLoginCode(phone: $phone, language: EN) { __typename ... on Refusal { code } } }
"""
LOG_IN = """
mutation ($input: LogInWithCodeInput!) {
  logInWithCode(input: $input) {
    ... on Session { accessToken refreshToken account { id name } }
    ... on Refusal { code field message }
  }
}
"""
REFRESH = """
mutation ($token: String!) {
  refreshSession(refreshToken: $token) { ... on Session { accessToken refreshToken } ... on Refusal { code } }
}
"""
CONSENT_TEXT = "{ consentText { version } }"
CONSENT = """
mutation ($version: String!) {
  giveConsent(purpose: SERVICE, textVersion: $version) { ... on Consent { purpose givenAt } ... on Refusal { code } }
}
"""
ADD_PET = """
mutation ($input: PetInput!) { addPet(input: $input) { ... on Pet { id } ... on Refusal { code field message } } }
"""
ADD_ADDRESS = """
mutation ($input: AddressInput!) {
  addAddress(input: $input) { ... on Address { id } ... on Refusal { code field message } }
}
"""
FIND = """
query ($filter: PartnerFilter) {
  partners(filter: $filter) { edges { node { id name services { type prices { id title priceIdr } } } } }
}
"""
SLOTS = """
query ($partner: UUID!, $price: UUID!, $day: Date!) {
  freeSlots(partnerId: $partner, priceId: $price, fromDay: $day, toDay: $day) { startsAt endsAt }
}
"""
HOLD = """
mutation ($input: HoldBookingInput!, $key: String!) {
  holdBooking(input: $input, idempotencyKey: $key) {
    ... on Booking { id code state priceIdr commissionIdr netIdr startsAt endsAt nextMoves }
    ... on Refusal { code field message }
  }
}
"""
REQUEST = """
mutation ($id: UUID!, $key: String!) {
  requestBooking(bookingId: $id, paymentMethod: E_WALLET, idempotencyKey: $key) {
    ... on Booking { state payment { state amountIdr } }
    ... on Refusal { code field message }
  }
}
"""
ACCEPT = """
mutation ($id: UUID!) {
  acceptBooking(bookingId: $id) {
    ... on Booking { state priceIdr commissionBp commissionIdr netIdr address { street } }
    ... on Refusal { code message }
  }
}
"""
JOB = """
query ($id: UUID!) { booking(id: $id) { state priceIdr commissionBp commissionIdr netIdr address { street } } }
"""
LATE = """
mutation ($id: UUID!, $at: DateTime!) {
  reportLate(bookingId: $id, arrivesAt: $at, reason: "Macet di jalan") {
    ... on Booking { lateUntil } ... on Refusal { code field message }
  }
}
"""
START = """
mutation ($id: UUID!, $items: [ChecklistItem!]) {
  startBooking(bookingId: $id, items: $items) { ... on Booking { state } ... on Refusal { code field message } }
}
"""
COMPLETE = """
mutation ($id: UUID!) {
  completeBooking(bookingId: $id) { ... on Booking { state hasNoUpdates } ... on Refusal { code field message } }
}
"""
CANCEL = """
mutation ($id: UUID!) {
  cancelBooking(bookingId: $id) { ... on Booking { state refundIdr } ... on Refusal { code field message } }
}
"""
LOG_CARE = """
mutation ($id: UUID!, $day: Date!, $kinds: [CareKind!]!) {
  logCare(bookingId: $id, day: $day, kinds: $kinds) {
    ... on Booking { careLog { onDay kind } } ... on Refusal { code field message }
  }
}
"""
SEND_MESSAGE = """
mutation ($id: UUID!, $body: String!, $key: String!) {
  sendMessage(bookingId: $id, body: $body, idempotencyKey: $key) { ... on Message { id } ... on Refusal { code } }
}
"""
REQUEST_UPLOAD = """
mutation ($id: UUID!, $type: String!, $size: Int!, $key: String!) {
  requestUpload(bookingId: $id, contentType: $type, byteSize: $size, idempotencyKey: $key) {
    ... on Upload { id putUrl } ... on Refusal { code field message }
  }
}
"""
SEND_UPDATE = """
mutation ($id: UUID!, $uploads: [UUID!]!, $note: String!, $key: String!) {
  sendPhotoUpdate(bookingId: $id, uploadIds: $uploads, note: $note, idempotencyKey: $key) {
    ... on PhotoUpdate { id media { id } } ... on Refusal { code field message }
  }
}
"""

BOOKING_EVENTS = """
subscription ($id: UUID!, $after: Cursor) {
  bookingEvents(bookingId: $id, after: $after) {
    __typename
    ... on BookingEvent { cursor name at version state minutes booking { state version } }
    ... on CaughtUp { cursor }
    ... on Lagged { after until }
    ... on StreamEnded { reason }
  }
}
"""
JOB_UPDATES = """
subscription ($after: Cursor) {
  jobUpdates(after: $after) {
    __typename
    ... on BookingEvent { cursor name bookingId state version booking { code netIdr } }
    ... on CaughtUp { cursor }
  }
}
"""
PHOTO_UPDATES = """
subscription ($id: UUID!, $after: Cursor) {
  photoUpdates(bookingId: $id, after: $after) {
    __typename
    ... on PhotoUpdateSentItem { cursor count update { note media { kind url thumbnailUrl } } }
    ... on CaughtUp { cursor }
  }
}
"""
MESSAGES = """
subscription ($id: UUID!, $after: Cursor) {
  bookingMessages(bookingId: $id, after: $after) {
    __typename
    ... on MessageSentItem { cursor message { body side isMine } }
    ... on CaughtUp { cursor }
  }
}
"""
NOTIFICATIONS = """
subscription ($after: Cursor) {
  notifications(after: $after) {
    __typename
    ... on NotificationCreatedItem { cursor notification { template body } }
    ... on CaughtUp { cursor }
  }
}
"""
