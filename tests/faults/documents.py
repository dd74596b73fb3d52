"""The GraphQL documents of the workload; every mutation shows the row's id or the refusal's code."""

HOLD = """mutation ($input: HoldBookingInput!, $key: String!) { holdBooking(input: $input, idempotencyKey: $key) {
 __typename ... on Booking { id state } ... on Refusal { code field } } }"""
REQUEST = """mutation ($id: UUID!, $key: String!) {
 requestBooking(bookingId: $id, paymentMethod: E_WALLET, idempotencyKey: $key) {
 __typename ... on Booking { id state } ... on Refusal { code field } } }"""
ACCEPT = """mutation ($id: UUID!, $key: String!) { acceptBooking(bookingId: $id, idempotencyKey: $key) {
 __typename ... on Booking { id state } ... on Refusal { code field } } }"""
CANCEL = """mutation ($id: UUID!, $key: String!) { cancelBooking(bookingId: $id, idempotencyKey: $key) {
 __typename ... on Booking { id state } ... on Refusal { code field } } }"""
MESSAGE = """mutation ($id: UUID!, $body: String!, $key: String!) {
 sendMessage(bookingId: $id, body: $body, idempotencyKey: $key) {
 __typename ... on Message { id } ... on Refusal { code field } } }"""
REQUEST_CODE = """mutation ($phone: String!) { requestLoginCode(phone: $phone, language: EN) {
 __typename ... on Refusal { code field } } }"""
LOG_IN = """mutation ($input: LogInWithCodeInput!) { logInWithCode(input: $input) {
 __typename ... on Session { account { id } } ... on Refusal { code field } } }"""
MY_BOOKINGS = "{ myBookings(first: 20) { __typename edges { node { id state partner { name } } } } }"

JOB_UPDATES = """subscription ($after: Cursor) { jobUpdates(after: $after) {
 __typename ... on BookingEvent { cursor name } ... on CaughtUp { cursor } ... on StreamEnded { reason } } }"""
NOTIFICATIONS = """subscription ($after: Cursor) { notifications(after: $after) {
 __typename ... on NotificationCreatedItem { cursor } ... on CaughtUp { cursor } ... on StreamEnded { reason } } }"""
