-- Requests with one credential after another, from a file with a header line each:
--   wrk -s tokens.lua URL -- FILE [METHOD BODY]
-- Each request is written out once, at the start: it is the server that is measured.
local requests, next_one = {}, 0

function init(args)
  local body = args[3]
  wrk.method, wrk.body = args[2] or "GET", body
  if body then wrk.headers["Content-Type"] = "application/json" end
  local lines = {}
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
  for _, line in ipairs(lines) do
    local name, value = line:match("^(.-): (.*)$")
    wrk.headers[name] = value
    if #lines > 1 then requests[#requests + 1] = wrk.format() end
  end
  -- With a single one, wrk repeats what it has without asking.
  if #lines == 1 then return end
  function request()
    next_one = next_one % #requests + 1
    return requests[next_one]
  end
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
