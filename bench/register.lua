-- Registers one new address after another:
--   wrk -s register.lua URL -- TENANT PREFIX
local headers, count = {["Content-Type"] = "application/json"}, 0

function init(args)
  body = '{"tenant":"' .. args[1] .. '","password":"three-wet-otters-sing","email":"' .. args[2]
end

function request()
  count = count + 1
  return wrk.format("POST", nil, headers, body .. count .. '@example.test"}')
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
