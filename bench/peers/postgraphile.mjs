// PostGraphile 5 with its Amber preset on the tables that the queries touch; a role may read only these (bench/peer.sql).
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { claimsOf } from "./token.mjs";

const preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ["MutationPlugin"],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL, schemas: ["public"], pubsub: false,
      poolConfig: { max: 16, options: "-c timezone=UTC" },
    }),
  ],
  grafserv: { graphiql: false, watch: false, maxRequestLength: 100_000 },
  grafast: { explain: false },
  schema: { dontSwallowErrors: true },
};
const serv = postgraphile(preset).createServ(grafserv);
await serv.ready();
const answer = serv.createHandler();
createServer((request, response) => {
  if (request.url === "/readyz") return response.end("{}");
  if (claimsOf(request.headers.authorization ?? "") === null) return response.writeHead(401).end("{}");
  answer(request, response);
}).listen(Number(process.env.PORT), "127.0.0.1");
