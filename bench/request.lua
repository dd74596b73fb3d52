-- Asks the prepared requests of a file in turn: each line is a path, a token and a body, between tabs.
local asks, next_ask, wrapped, refused = {}, 0, 0, 0
local once = os.getenv("ONCE") == "1" -- each request may be asked once; its answer must hold WANTED
local wanted = os.getenv("WANTED")
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  bad, over = 0, 0
  for line in io.lines(os.getenv("ASKS")) do
    local path, token, body = line:match("^([^\t]+)\t([^\t]+)\t(.*)$")
    local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. token }
    asks[#asks + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  next_ask = next_ask + 1
  if next_ask > #asks then
    next_ask = 1
    if once then over = over + 1 end
  end
  return asks[next_ask]
end

if once then
  function response(status, headers, body)
    if not body:find(wanted, 1, true) then bad = bad + 1 end
  end
end

function done(summary, latency, requests)
  local e, bad_all, over_all = summary.errors, 0, 0
  for _, thread in ipairs(threads) do
    bad_all, over_all = bad_all + thread:get("bad"), over_all + thread:get("over")
  end
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "errors": %d, "exhausted": %d, "bytes": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.status + e.read + e.write + e.timeout + e.connect + bad_all, over_all, summary.bytes))
end
