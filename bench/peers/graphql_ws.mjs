// graphql-ws on ws, as its documentation shows; one Redis reader for the process, fan-out by topic.
import { createServer } from "node:http";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";
import { claimsOf } from "./token.mjs";

const schema = buildSchema(`
  scalar UUID scalar DateTime scalar Cursor
  enum BookingState { HELD REQUESTED ACCEPTED IN_SERVICE COMPLETED CLOSED HOLD_EXPIRED DECLINED REQUEST_EXPIRED
    CANCELLED_BY_CUSTOMER CANCELLED_BY_PARTNER CANCELLED_BY_STAFF NO_SHOW_CUSTOMER NO_SHOW_PARTNER }
  type BookingEvent { cursor: Cursor! name: String! at: DateTime! bookingId: UUID! version: Int! state: BookingState }
  type CaughtUp { cursor: Cursor! }
  union BookingItem = BookingEvent | CaughtUp
  type Query { ping: String }
  type Subscription { bookingEvents(bookingId: UUID!): BookingItem! }`);

const listeners = new Map();

function source(topic, scopes) {
  const waiting = [{ __typename: "CaughtUp", cursor: "e0" }];
  let wake = null;
  const hear = (item, audience) => {
    if (!audience.some((scope) => scopes.has(scope))) return;
    waiting.push(item);
    if (wake) { wake(); wake = null; }
  };
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(hear);
  return {
    [Symbol.asyncIterator]() { return this; },
    async next() {
      while (!waiting.length) await new Promise((resolve) => { wake = resolve; });
      return { value: { bookingEvents: waiting.shift() }, done: false };
    },
    async return() {
      listeners.get(topic)?.delete(hear);
      return { value: undefined, done: true };
    },
  };
}

async function read() {
  const redis = new Redis(process.env.REDIS_URL);
  for (let last = "$"; ; ) {
    const answer = await redis.xread("COUNT", 500, "BLOCK", 1000, "STREAMS", "events", last);
    for (const [id, pairs] of answer ? answer[0][1] : []) {
      last = id;
      const fields = {};
      for (let i = 0; i < pairs.length; i += 2) fields[pairs[i]] = pairs[i + 1];
      const facts = JSON.parse(fields.payload), audience = fields.audience.split(" ");
      const item = {
        __typename: "BookingEvent", cursor: "e" + id.split("-")[0], name: fields.name,
        at: new Date(Number(fields.at_us) / 1000).toISOString(), bookingId: facts.booking_id, version: facts.version,
        state: facts.state ?? null,
      };
      for (const topic of fields.topics.split(" ")) for (const hear of listeners.get(topic) ?? []) hear(item, audience);
    }
  }
}

const server = createServer((request, response) => response.end("{}"));
useServer(
  {
    schema,
    roots: { subscription: { bookingEvents: ({ bookingId }, context) => source(`booking:${bookingId}`, context.extra.scopes) } },
    onConnect: (context) => {
      const claims = claimsOf(context.connectionParams?.authorization ?? "");
      if (claims === null) return false;
      context.extra.scopes = new Set([`account:${claims.sub}`, ...claims.roles.map((role) => `role:${role}`)]);
      return true;
    },
    // The root's context is the socket's, with what onConnect found.
    context: (context) => context,
  },
  new WebSocketServer({ server, path: "/graphql" }),
);
server.listen(Number(process.env.PORT), "127.0.0.1", 2048);
read();
