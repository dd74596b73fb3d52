// Mercurius on Fastify with its JIT, as its documentation recommends; the SQL joined by hand, statements prepared by name.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { GraphQLScalarType } from "graphql";
import mercurius from "mercurius";
import pg from "pg";
import { claimsOf } from "./token.mjs";

pg.types.setTypeParser(20, Number); // amounts fit a double
pg.types.setTypeParser(1184, (text) => text.replace(" ", "T") + ":00"); // the session's zone is UTC
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16, min: 16, options: "-c timezone=UTC" });
const recipe = JSON.parse(readFileSync(process.env.RECIPE, "utf8"));

const Q1 = `SELECT b.id, b.code, b.state, b.starts_at AS "startsAt", b.price_idr AS "priceIdr", c.name AS customer_name,
  p.name AS partner_name, p.rank AS partner_rank, u.id AS update_id
  FROM booking b JOIN account c ON c.id = b.customer_id JOIN partner p ON p.id = b.partner_id
  LEFT JOIN LATERAL (SELECT id FROM photo_update WHERE booking_id = b.id ORDER BY id DESC LIMIT 1) u ON true
 WHERE b.partner_id = $1 ORDER BY b.starts_at DESC, b.id DESC LIMIT $2`;
const Q2 = `SELECT b.id, b.code, b.state, b.service_type AS "serviceType", b.note, b.starts_at AS "startsAt",
  b.ends_at AS "endsAt", b.units, b.price_idr AS "priceIdr", b.created_at AS "createdAt",
  p.id AS partner_id, p.name AS partner_name, p.rank AS partner_rank
  FROM booking b JOIN partner p ON p.id = b.partner_id WHERE b.id = $1`;
const Q3 = `SELECT p.id, p.name, p.bio, p.zone, p.rank FROM partner p
 WHERE p.state = 'ACTIVE' AND p.areas && ((SELECT array_agg(code::text) FROM region WHERE code = $2 OR parent = $2) || left($2, 2))
   AND EXISTS (SELECT FROM partner_service s JOIN price o ON o.service_id = s.id AND o.archived_at IS NULL
                WHERE s.partner_id = p.id AND s.state = 'APPROVED' AND s.type = $1)
 ORDER BY p.rank DESC, p.id DESC LIMIT $3`;
const KNOWN = `SELECT o.id AS option_id, o.price_idr, s.id AS service_id, s.partner_id, r.id AS resource_id
  FROM price o JOIN partner_service s ON s.id = o.service_id
  JOIN resource r ON r.partner_id = s.partner_id AND NOT r.is_kennel WHERE s.type = 'GROOMER'`;

const schema = `
  scalar UUID scalar DateTime scalar Rupiah
  enum ServiceType { GROOMER DOG_WALKER DOG_TRAINER DOG_HOTEL }
  enum BookingState { HELD REQUESTED ACCEPTED IN_SERVICE COMPLETED CLOSED HOLD_EXPIRED DECLINED REQUEST_EXPIRED
    CANCELLED_BY_CUSTOMER CANCELLED_BY_PARTNER CANCELLED_BY_STAFF NO_SHOW_CUSTOMER NO_SHOW_PARTNER }
  enum PartnerSort { RANK PRICE }
  type BookingCustomer { id: UUID! name: String! }
  type Partner { id: UUID! name: String! bio: String! zone: String! rank: Int! }
  type PhotoUpdate { id: UUID! }
  type PhotoUpdateEdge { node: PhotoUpdate! }
  type PhotoUpdateConnection { edges: [PhotoUpdateEdge!]! }
  type Booking { id: UUID! code: String! state: BookingState! serviceType: ServiceType! note: String!
    startsAt: DateTime! endsAt: DateTime! units: Int! priceIdr: Rupiah! createdAt: DateTime!
    partner: Partner! customer: BookingCustomer! photoUpdates(first: Int! = 20): PhotoUpdateConnection! }
  type BookingEdge { node: Booking! }
  type BookingConnection { edges: [BookingEdge!]! }
  type PartnerEdge { node: Partner! }
  type PartnerConnection { edges: [PartnerEdge!]! }
  input PartnerFilter { serviceType: ServiceType regionCode: String }
  input HoldBookingInput { optionId: UUID! petId: UUID! addressId: UUID startsAt: DateTime }
  type Refusal { code: String! message: String! }
  union BookingResult = Booking | Refusal
  type Query {
    booking(id: UUID!): Booking
    bookings(partnerId: UUID, first: Int! = 20): BookingConnection!
    partners(filter: PartnerFilter, sort: PartnerSort! = RANK, first: Int! = 20): PartnerConnection!
  }
  type Mutation { holdBooking(input: HoldBookingInput!, idempotencyKey: String!): BookingResult! }`;

const rows = async (on, name, text, values) => (await on.query({ name, text, values })).rows;
const scalar = (name) => new GraphQLScalarType({ name, serialize: (value) => value });

const resolvers = {
  UUID: scalar("UUID"), DateTime: scalar("DateTime"), Rupiah: scalar("Rupiah"),
  Query: {
    bookings: async (_, { partnerId, first }) => ({
      edges: (await rows(pool, "q1", Q1, [partnerId, first])).map((row) => ({
        node: {
          ...row, customer: { name: row.customer_name }, partner: { name: row.partner_name, rank: row.partner_rank },
          photoUpdates: { edges: row.update_id === null ? [] : [{ node: { id: row.update_id } }] },
        },
      })),
    }),
    booking: async (_, { id }) => {
      const [row] = await rows(pool, "q2", Q2, [id]);
      return row && { ...row, partner: { id: row.partner_id, name: row.partner_name, rank: row.partner_rank } };
    },
    partners: async (_, { filter, first }) => ({
      edges: (await rows(pool, "q3", Q3, [filter.serviceType, filter.regionCode, first])).map((node) => ({ node })),
    }),
  },
  Mutation: { holdBooking: (_, asked, context) => hold(asked, context.customer) },
  BookingResult: { resolveType: () => "Booking" },
};

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const newCode = () => "BK-" + Array.from(randomBytes(8), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
function newId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function made([kind, given], facts) {
  if (kind === "value") return given;
  if (kind === "fact") return facts[given];
  if (kind === "list") return given.map((each) => made(each, facts));
  return given.map((part, index) => (index % 2 === 0 ? part : facts[part])).join("");
}

const options = new Map();

// The statements of Rawat's own mutation (bench/replay.py), in one transaction.
async function hold({ input, idempotencyKey }, customer) {
  const option = options.get(input.optionId);
  const now = Date.now(), start = Date.parse(input.startsAt);
  const fee = (option.price_idr * 2000) / 10000;
  const facts = {
    ...option, customer_id: customer, pet_id: input.petId, address_id: input.addressId, key: idempotencyKey,
    booking_id: newId(), code: newCode(), day: new Date(start).toISOString().slice(0, 10), commission_idr: fee,
    net_idr: option.price_idr - fee, input_hash: createHash("sha256").update(JSON.stringify(input)).digest("hex"),
  };
  for (const [name, [origin, far]] of Object.entries(recipe.moments)) {
    facts[name] = new Date((origin === "now" ? now : start) + far * 1000).toISOString().replace("Z", "000+00:00");
  }
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    for (const [index, step] of recipe.steps.entries()) {
      const found = await rows(client, `m${index}`, step.sql, step.values.map((each) => made(each, facts)));
      facts.idempotency_id ??= found[0].id;
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
  return { id: facts.booking_id, code: facts.code, state: "HELD", startsAt: facts["starts_at+0"], priceIdr: option.price_idr };
}

const app = Fastify();
app.decorateRequest("customer", null);
app.addHook("onRequest", (request, reply, done) => {
  if (request.url === "/readyz") return done();
  const claims = claimsOf(request.headers.authorization ?? "");
  if (claims === null) return reply.code(401).send({});
  request.customer = claims.sub;
  done();
});
app.get("/readyz", async () => ({}));
app.register(mercurius, { schema, resolvers, jit: 1, context: (request) => ({ customer: request.customer }) });
for (const row of await rows(pool, "known", KNOWN, [])) options.set(row.option_id, row);
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
