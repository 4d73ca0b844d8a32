-- Sends the requests of a file in turn: wrk … -- FILE; a line is METHOD, path, Authorization and body, tab-separated.
-- Prints: RESULT <requests> <seconds> <p50 ms> <p99 ms> <failures>. A late response is not a failure: it shows in p99.

local prepared, place = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, authorization, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = {}
    if authorization ~= "" then
      headers["Authorization"] = authorization
    end
    if body ~= "" then
      headers["Content-Type"] = "application/json"
    end
    prepared[#prepared + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
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
