-- wrk's result as one line of JSON, for bench/tools.py.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "rps": %.1f, "p50_us": %d, "p99_us": %d, "max_us": %d, "bad": %d}\n',
    summary.requests, summary.requests / (summary.duration / 1e6),
    latency:percentile(50), latency:percentile(99), latency.max,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
