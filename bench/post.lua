-- POSTs one body of JSON after another, from a file with one a line:
--   wrk -s post.lua URL -- FILE
local bodies, next_one = {}, 0
local headers = {["Content-Type"] = "application/json"}

function init(args)
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
end

function request()
  next_one = next_one % #bodies + 1
  return wrk.format("POST", nil, headers, bodies[next_one])
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
