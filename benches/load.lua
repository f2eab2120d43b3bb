-- The requests of the benchmark, for wrk:
--   wrk --latency --script benches/load.lua http://… -- OPERATION CUSTOMERS RUN
-- Each request is one of a random customer. An update writes a first name that names the customer and was never used
-- before; a response must name one customer consistently. The last line printed is a JSON object of what was counted.

local FIELDS = "id username mobileNumber email avatar firstName lastName fullName gender isProfileCompleted"
local UPDATE = "mutation Update($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { customer { "
  .. FIELDS .. " } userErrors { field code message } } }"

local function head(method, path, customer)
  return ("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token %040x\r\nAccept: application/json\r\n"):format(
    method, path, customer)
end

local function with_body(method, path, customer, body)
  return ("%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(
    head(method, path, customer), #body, body)
end

local REQUESTS = {
  GET = function(customer) return head("GET", "/api/shop/customers/me", customer) .. "\r\n" end,
  PATCH = function(customer, name)
    local body = ('{"first_name":"%s","last_name":"Ahmadi"}'):format(name)
    return with_body("PATCH", "/api/shop/customers/me", customer, body)
  end,
  me = function(customer)
    return with_body("POST", "/graphql", customer, ('{"query":"query Me { me { %s } }"}'):format(FIELDS))
  end,
  updateMyProfile = function(customer, name)
    local input = ('{"firstName":"%s","lastName":"Ahmadi"}'):format(name)
    return with_body("POST", "/graphql", customer, ('{"query":"%s","variables":{"input":%s}}'):format(UPDATE, input))
  end,
}

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("thread", #threads)
end

function init(arguments)
  operation, customers, run = arguments[1], tonumber(arguments[2]), arguments[3]
  is_update = operation == "PATCH" or operation == "updateMyProfile"
  write = REQUESTS[operation]
  sent, right, wrong, sample = 0, 0, 0, ""
  math.randomseed(os.time() * 100 + thread)
end

function request()
  sent = sent + 1
  local customer = math.random(1, customers)
  return write(customer, ("N%dx%s%x%x"):format(customer, run, thread, sent))
end

-- The customer whom the username names is the one of the e-mail and, after an update, of the first name.
local function is_right(status, body)
  local customer = body:match('"username":"customer(%d+)"')
  if status ~= 200 or not customer or not body:find('"email":"customer' .. customer .. '@', 1, true) then
    return false
  end
  return not is_update or body:find('irst_?[nN]ame":"N' .. customer .. "x" .. run) ~= nil
end

function response(status, _, body)
  if is_right(status, body) then
    right = right + 1
  else
    wrong = wrong + 1
    if sample == "" then sample = status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency)
  local right, wrong, sample = 0, 0, ""
  for _, thread in ipairs(threads) do
    right, wrong = right + thread:get("right"), wrong + thread:get("wrong")
    sample = sample .. thread:get("sample")
  end
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(('{"seconds":%f,"right":%d,"wrong":%d,"failed":%d,"p50_ms":%f,"p99_ms":%f,"p999_ms":%f,"sample":%q}'):format(
    summary.duration / 1e6, right, wrong, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, sample:gsub("[\\\"%c]", "'")))
end
