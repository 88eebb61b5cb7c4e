-- POSTs the JSON in a file, the same each time: wrk -s post.lua URL -- FILE
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  local file = assert(io.open(args[1]))
  wrk.body = file:read("*a")
  file:close()
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
