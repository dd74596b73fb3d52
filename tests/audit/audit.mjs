// Asks a server each audit of graphql-http and prints one line of JSON an audit: its id, name, status and reason.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
for (const each of serverAudits({ url, fetchFn: fetch })) {
  const found = await each.fn();
  console.log(JSON.stringify({ id: each.id, name: each.name, status: found.status, reason: found.reason ?? "" }));
}
