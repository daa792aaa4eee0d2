import * as policy from './policy.ts';

/** The constants of the policy, by their names. */
const CONSTANTS = Object.entries(policy)
  .filter(([, value]) => typeof value === 'number')
  .map(([name, value]) => `local ${name} = ${value}`)
  .join('\n');

/**
 * The governor's policy in Lua, for Redis. Each function computes exactly what its namesake in policy.ts does:
 * a test compares them over random histories. The state `s` is a table of the fields of GovernorState, changed in
 * place.
 */
export const POLICY_SCRIPT = `
${CONSTANTS}

local function effective_rate(s, now)
  local budget = now < s.budgetUntilMs and s.budgetPerSecond or 0
  local rate = s.ratePerSecond == 0 and s.refusals >= OUTAGE_AFTER and OUTAGE_RATE or s.ratePerSecond
  if rate == 0 or budget == 0 then return math.max(rate, budget) end
  return math.min(rate, budget)
end

local function started(s, now, rate)
  if rate > 0 then s.nextStartMs = math.max(s.nextStartMs, now - PACING_SLACK_MS) + 1000 / rate end
  if now - s.countedFromMs > COUNTING_MS then
    s.starts = 0
    s.countedFromMs = now
  end
  s.starts = s.starts + 1
end

local function places_of(s, max_concurrency)
  if s.refusals > 0 then return 1 end
  return math.max(1, math.min(math.floor(s.places), max_concurrency))
end

local function admit(s, in_flight, now, max_concurrency)
  if now < s.pausedUntilMs then return false, s.pausedUntilMs end
  if in_flight >= places_of(s, max_concurrency) then return false end
  local rate = effective_rate(s, now)
  if rate > 0 and now < s.nextStartMs then return false, s.nextStartMs end
  started(s, now, rate)
  return true
end

local function with_budget(s, outcome, now)
  if not outcome.remaining then return end
  local spread = math.min(math.max(outcome.windowMs or BUDGET_SPREAD_MS, 1000), BUDGET_SPREAD_MS)
  s.budgetPerSecond = (math.max(outcome.remaining, 1) * 1000) / spread
  s.budgetUntilMs = now + spread
end

local function refused_speed(s, now)
  if s.refusals > 0 and s.ratePerSecond == 0 then return s.refusedPerSecond end
  local sent = s.starts / (math.max(now - s.countedFromMs, 250) / 1000)
  return math.max(s.ratePerSecond > 0 and math.min(s.ratePerSecond, sent) or sent, MIN_RATE_PER_SECOND)
end

local function halved(s, outcome, now)
  s.places = math.max(1, s.places / 2)
  s.slowStartUntil = s.places
  local slowest = outcome.mayBeOutage and MIN_RATE_IN_OUTAGE or MIN_RATE_PER_SECOND
  local least = s.ratePerSecond > 0 and math.min(slowest, s.ratePerSecond) or slowest
  s.ratePerSecond = math.max(s.refusedPerSecond / 2, least)
  s.halvedAtMs = now
end

local function refused(s, request, now)
  local news = request.startedAtMs >= s.refusedAtMs
  local caution = math.min(MOST_CAUTION, s.caution + 1)
  local too_fast = caution == MOST_CAUTION and request.startedAtMs >= s.halvedAtMs
  if too_fast or s.ratePerSecond == 0 then s.refusedPerSecond = refused_speed(s, now) end
  if too_fast then halved(s, request, now) end
  s.caution = caution
  s.refusals = news and s.refusals + 1 or math.max(1, s.refusals)
  local pause = request.retryAfterMs or math.min(LONGEST_BACKOFF_MS, FIRST_PAUSE_MS * 2 ^ math.min(s.refusals - 1, 16))
  s.pausedUntilMs = math.max(s.pausedUntilMs, now + math.min(pause, LONGEST_PAUSE_MS))
  if news then s.refusedAtMs = now end
end

local function succeeded(s, request, max_concurrency)
  local growth = s.places < s.slowStartUntil and 1 or 1 / s.places
  s.places = math.min(max_concurrency, s.places + growth)
  local grown = s.ratePerSecond + (RATE_GROWTH * s.refusedPerSecond) / math.max(s.ratePerSecond, 1)
  local lifted = s.ratePerSecond == 0 or grown > RATE_LIFTED_AT * s.refusedPerSecond
  s.ratePerSecond = lifted and 0 or grown
  s.caution = math.max(0, s.caution - CALM_PER_SUCCESS)
  if request.startedAtMs >= s.refusedAtMs then s.refusals = 0 end
end

local function settle(s, request, now, max_concurrency)
  s.places = math.min(s.places, max_concurrency)
  with_budget(s, request, now)
  if request.kind == 'throttled' and request.mayBeOutage and s.refusals >= OUTAGE_AFTER then
    s.ratePerSecond = 0
    return
  end
  if request.kind == 'throttled' then return refused(s, request, now) end
  if request.kind == 'failed' then return end
  succeeded(s, request, max_concurrency)
end
`;

/**
 * One exchange of a process with the shared state.
 *
 * KEYS: the registry's state; its holders. ARGV: a JSON object, see `Report` in redis-governor.ts.
 * Returns: how many requests may start now; after how many ms to ask again, or -1; whether places may be reused without
 * asking (1, 0); how many places the process may hold.
 *
 * A holder is a process; its field is "places waiting seen limit". It reports totals, not changes, so each exchange
 * corrects the errors of earlier ones, and a dead holder is gone when its lease is over. The lowest limit applies to all:
 * a process with a higher one would always take the places that another waits for.
 */
export const EXCHANGE_SCRIPT = `${POLICY_SCRIPT}
local report = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000

local s = cjson.decode('${JSON.stringify(policy.INITIAL_STATE)}')
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do s[stored[i]] = tonumber(stored[i + 1]) end

local others_held, others_waiting, idle_held, least_held = 0, 0, 0, math.huge
local last_turn, last_turn_at = '', 0
local limit = report.maxConcurrency
local holders = redis.call('HGETALL', KEYS[2])
for i = 1, #holders, 2 do
  local held, waiting, seen, allowed = string.match(holders[i + 1], '^(%d+) (%d+) (%d+) (%d+)$')
  if holders[i] == 'turn' then
    last_turn, last_turn_at = string.match(holders[i + 1], '^(%S+) (%d+)$')
  elseif now - tonumber(seen) > report.leaseMs then
    redis.call('HDEL', KEYS[2], holders[i])
  elseif holders[i] ~= report.holder then
    others_held = others_held + held
    limit = math.min(limit, allowed)
    if tonumber(waiting) > 0 then
      others_waiting = others_waiting + 1
      least_held = math.min(least_held, held)
    else
      idle_held = idle_held + held
    end
  end
end

for _ = 1, report.started do started(s, now, effective_rate(s, now)) end
for _, outcome in ipairs(report.outcomes) do
  outcome.startedAtMs = now - outcome.agoMs
  settle(s, outcome, now, report.maxConcurrency)
end

-- Others that wait get their share; where there are fewer places than processes, they take turns.
local keep, crowded = limit, false
if others_waiting > 0 then
  local share = (places_of(s, limit) - idle_held) / (others_waiting + 1)
  keep = math.max(1, least_held < math.floor(share) and math.floor(share) or math.ceil(share))
  crowded = share < 1
end
local granted, wait, wanted = 0, -1, report.waiting
if crowded and last_turn == report.holder and now - last_turn_at < report.turnMs then
  wanted = 0
  wait = report.turnMs
end
while granted < wanted and report.held + granted < keep do
  local admitted, retry_at = admit(s, others_held + report.held + granted, now, limit)
  if not admitted then
    if retry_at then wait = math.max(1, math.ceil(retry_at - now)) end
    break
  end
  granted = granted + 1
end
if granted > 0 then redis.call('HSET', KEYS[2], 'turn', string.format('%s %d', report.holder, now)) end

local fields = {}
for name, value in pairs(s) do
  fields[#fields + 1] = name
  fields[#fields + 1] = string.format('%.17g', value)
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], report.forgetMs)
local places, waiting = report.held + granted, report.waiting - granted
if places + waiting > 0 then
  redis.call('HSET', KEYS[2], report.holder, string.format('%d %d %d %d', places, waiting, now, report.maxConcurrency))
  redis.call('PEXPIRE', KEYS[2], report.leaseMs)
else
  redis.call('HDEL', KEYS[2], report.holder)
end

local free = not crowded and s.refusals == 0 and now >= s.pausedUntilMs and effective_rate(s, now) == 0
return { granted, wait, free and 1 or 0, keep }
`;
