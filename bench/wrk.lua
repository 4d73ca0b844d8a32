-- Sends the requests of a file in turn: wrk … -- FILE; they are separated by NUL.
-- Prints: RESULT <requests> <seconds> <p50 ms> <p99 ms> <failures>. A late response is not a failure: it shows in p99.

local prepared, place = {}, 0

function init(args)
  for one in io.open(args[1]):read("*a"):gmatch("%Z+") do
    prepared[#prepared + 1] = one
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
