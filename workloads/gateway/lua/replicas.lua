-- Decides which addresses get requests, beside HAProxy's own checks.
--
-- HAProxy takes an address that it has just learned for ready until its first check, and a name server may know an address before
-- it can be reached: so a replica has no weight until a check has passed since it has an address. And where checks fail, HAProxy would
-- break off at once what is still connecting, though it could be sent to another replica: so the requests that a lost replica
-- holds end here, when all that was connecting has gone elsewhere.

-- Milliseconds between two looks.
local EVERY = 100
-- What the configuration lets a connection take, in milliseconds, and the look that may be late on either side.
local CONNECTED = tonumber(os.getenv("REPLICA_CONNECT_MS")) + 2 * EVERY
-- What an address is while there is none.
local NONE = "<unknown>"

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

local Replica = {}
Replica.__index = Replica

-- `trusted`: a check has passed since it has an address; `down`: the checks fail; `ends`: when its requests end.
local function replica(server)
  return setmetatable({ server = server, trusted = false, down = false, ends = nil }, Replica)
end

function Replica:trust(yes)
  if self.trusted == yes then return end
  self.trusted = yes
  self.server:set_weight(yes and "1" or "0")
end

function Replica:judge(now)
  local stats = self.server:get_stats()
  local down = stats.status:find("^DOWN") ~= nil
  if not down then self.ends = nil end
  if down and not self.down and self.trusted then self.ends = now + CONNECTED end
  self.down = down
  -- One that is new has less, until a check has passed.
  if stats.check_health == stats.check_rise + stats.check_fall - 1 then self:trust(true) end
end

function Replica:look(now)
  if self.server:get_addr() ~= NONE then
    self:judge(now)
  else
    self.down = false
    self:trust(false)
  end
  if self.ends ~= nil and self.ends <= now then
    self.server:shut_sess()
    self.ends = nil
  end
end

-- HAProxy's own backends have names in angle brackets.
local function replicas()
  local all = {}
  for name, backend in pairs(core.backends) do
    if name:sub(1, 1) ~= "<" then
      for _, server in pairs(backend.servers) do table.insert(all, replica(server)) end
    end
  end
  return all
end

core.register_task(function()
  local all = replicas()
  while true do
    local now = milliseconds()
    for _, one in ipairs(all) do
      local done, problem = pcall(one.look, one, now)
      -- A mistake here must not keep a replica from its requests.
      if not done then
        core.Warning("replicas: " .. tostring(problem))
        one.server:set_weight("1")
      end
    end
    core.msleep(EVERY)
  end
end)
