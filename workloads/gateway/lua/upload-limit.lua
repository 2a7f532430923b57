-- Counts a request's body without a Content-Length, and cuts it off above `txn.upload_limit` bytes.
--
-- An error inside a filter is the one way to end a request whose body is under way: HAProxy then answers 400 and breaks the
-- connection to the replica off, so that it never sees a whole body. The configuration turns that answer into 413.

local UploadLimit = { id = "upload-limit", flags = filter.FLT_CFG_FL_HTX }
UploadLimit.__index = UploadLimit

function UploadLimit:new()
  return setmetatable({ limit = nil, seen = 0 }, UploadLimit)
end

function UploadLimit:http_headers(txn, message)
  if message.channel:is_resp() then return filter.CONTINUE end
  self.limit = txn:get_var("txn.upload_limit")
  if self.limit ~= nil then filter.register_data_filter(self, message.channel) end
  return filter.CONTINUE
end

function UploadLimit:http_payload(txn, message)
  local body = message:body()
  if body == nil then return end
  self.seen = self.seen + #body
  if self.seen <= self.limit then return end
  txn:set_var("txn.reason", string.format(": the body is over the limit of %d bytes", self.limit))
  txn:set_var("txn.too_large", true)
  error("request body over " .. self.limit .. " bytes, cut off", 0)
end

core.register_filter("upload-limit", UploadLimit, function(instance) return instance end)
