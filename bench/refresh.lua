-- Refreshes with the token of the last answer, a session a thread (so as many connections as
-- threads): wrk -t N -c N -s refresh.lua URL -- FILE SKIP,
-- a refresh token a line, the first SKIP of them used before.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  local at = 0
  for line in io.lines(args[1]) do
    at = at + 1
    if at == number + tonumber(args[2]) then token = line end
  end
end

function request()
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"},
                    '{"refresh_token":"' .. token .. '"}')
end

function response(status, headers, body)
  token = body:match('"refresh_token":"([^"]+)"') or token
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
