-- Sends one kind of request to each path in turn: wrk … -- METHOD AUTHORIZATION BODY PATH…
-- A reply that is merely late is no failure: it shows in p99.
-- Prints: RESULT <requests> <seconds> <p50 ms> <p99 ms> <failures>

local prepared, place = {}, 0

function init(args)
  local headers = {}
  if args[2] ~= "" then
    headers["Authorization"] = args[2]
  end
  local body = nil
  if args[3] ~= "" then
    body = args[3]
    headers["Content-Type"] = "application/json"
  end
  for number = 4, #args do
    prepared[#prepared + 1] = wrk.format(args[1], args[number], headers, body)
  end
end

function request()
  place = place % #prepared + 1
  return prepared[place]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status
  io.write(string.format("RESULT %d %.6f %.4f %.4f %d\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failures))
end
