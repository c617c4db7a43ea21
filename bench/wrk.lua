-- The request of every benchmark, for wrk. Behind the URL: the token; how many chatbots ("one" stands for my-chatbot); a
-- rate, 0 for as fast as the answers come. Prints one line of JSON.
local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } timespec;
  int clock_gettime(int clock, timespec *time);
]]
local monotonic = 1
local time = ffi.new('timespec')

local function now()
  ffi.C.clock_gettime(monotonic, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
end

local requests = {}
local interval = 0
local due = 0
local turn = 0

function init(args)
  local token, chatbots, rate = args[1], args[2], tonumber(args[3])
  wrk.method = 'POST'
  wrk.headers['authorization'] = 'Bearer ' .. token
  wrk.headers['content-type'] = 'application/json'
  wrk.body = args[4]
  if chatbots == 'one' then
    requests[1] = wrk.format(nil, '/v1/inbox/my-chatbot/conversations')
  else
    for index = 1, tonumber(chatbots) do
      requests[index] = wrk.format(nil, '/v1/inbox/chatbot-' .. (index - 1) .. '/conversations')
    end
  end
  if rate > 0 then
    interval = 1000 / rate
    due = now()
  else
    -- wrk asks whether there is this function, and would wait through a timer each time.
    delay = nil
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

-- Each connection that is free takes the next time at which a request is due: the rate stays, however slow an answer is.
function delay()
  due = due + interval
  local rest = due - now()
  if rest < 0 then return 0 end
  return math.floor(rest + 0.5)
end

function done(summary, latency, requests)
  local wrong = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format('{"requests":%d,"seconds":%.6f,"wrong":%d,"p50":%.3f,"p99":%.3f,"p999":%.3f,"max":%.3f}\n',
    summary.requests, summary.duration / 1e6, wrong, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency:percentile(99.9) / 1000, latency.max / 1000))
end
