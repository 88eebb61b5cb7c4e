-- Requests with one credential after another, from a file with a header line each:
--   wrk -s tokens.lua URL -- FILE
local headers, next_one = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local name, value = line:match("^(.-): (.*)$")
    headers[#headers + 1] = {[name] = value}
  end
end

function request()
  next_one = next_one % #headers + 1
  return wrk.format("GET", nil, headers[next_one])
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
