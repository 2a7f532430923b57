-- Sends a copy of each request that the configuration marked by `txn.shadow` to the frontend for copies.
--
-- The request itself is only read while it passes. A separate task sends its copy once the whole body has passed: the request
-- waits for nothing, and an error of the copy affects no client.

-- Where the configuration listens for copies (components/gateway/split.ts).
local ADDRESS = "127.0.0.1:8406"
-- Of all threads together: each runs this program with its share of the copies.
local MOST_COPIES = 16
local LONGEST_BODY = 1024 * 1024
-- They belong to one connection, or follow from the body.
local NOT_COPIED = { "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade" }

local copies = 0
local share

-- How many copies may be under way at once from this thread; HAProxy knows its threads only once it runs.
local function most()
  share = share or math.max(1, MOST_COPIES // tonumber(core.get_info()["Nbthread"]))
  return share
end

local function send(request, body)
  local client = core.httpclient()
  local ask = request.method == "POST" and client.post or client.get
  ask(client, { url = "http://shadow/", dst = ADDRESS, headers = request.headers, body = body })
end

local function request_of(message)
  local line = message:get_stline()
  local headers = message:get_headers()
  for _, name in ipairs(NOT_COPIED) do headers[name] = nil end
  headers["x-gateway-uri"] = { [0] = line.uri }
  return { method = line.method, headers = headers }
end

local Shadow = { id = "shadow", flags = filter.FLT_CFG_FL_HTX }
Shadow.__index = Shadow

function Shadow:new()
  return setmetatable({ request = nil, body = {}, size = 0 }, Shadow)
end

-- Gives up the copy that this request would have become.
function Shadow:drop()
  if self.request == nil then return end
  self.request, self.body = nil, {}
  copies = copies - 1
end

-- A mistake in watching must not become the request's.
local function harmless(watch)
  return function(self, ...)
    local done, problem = pcall(watch, self, ...)
    if not done then
      self:drop()
      core.Warning("shadow: " .. tostring(problem))
    end
  end
end

local begin = harmless(function(self, txn, message)
  if copies >= most() or not txn:get_var("txn.shadow") then return end
  self.request = request_of(message)
  copies = copies + 1
  filter.register_data_filter(self, message.channel)
end)

local watch = harmless(function(self, message)
  local part = self.request and message:body()
  if not part then return end
  self.size = self.size + #part
  if self.size > LONGEST_BODY then return self:drop() end
  table.insert(self.body, part)
end)

local finish = harmless(function(self)
  if self.request == nil then return end
  local request, body = self.request, table.concat(self.body)
  core.register_task(function()
    local done, problem = pcall(send, request, #body > 0 and body or nil)
    copies = copies - 1
    if not done then core.Warning("shadow: " .. tostring(problem)) end
  end)
  self.request, self.body = nil, {}
end)

function Shadow:http_headers(txn, message)
  if not message.channel:is_resp() then begin(self, txn, message) end
  return filter.CONTINUE
end

function Shadow:http_payload(_, message)
  if not message.channel:is_resp() then watch(self, message) end
end

function Shadow:http_end(_, message)
  if not message.channel:is_resp() then finish(self) end
  return filter.CONTINUE
end

-- Also reached by a request that broke off.
function Shadow:end_analyze(_, channel)
  if not channel:is_resp() then self:drop() end
  return filter.CONTINUE
end

core.register_filter("shadow", Shadow, function(instance) return instance end)
