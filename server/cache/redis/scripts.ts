/**
 * The scripts, each on one key or on keys of one hash slot. All are small and linear in the number of their keys.
 * A name is the script's SHA-1; the text follows when a server does not know it.
 */
import { createHash } from 'node:crypto';

export interface Script {
  text: string;
  sha: string;
}

/**
 * Frees what stands apart for a slot that held `P`: `place` is what stood there from the 18th byte on. Only hex digits are
 * a place, so that strange bytes cannot name another program's key.
 */
const FREE = `
local function free(apart, place)
  if apart ~= '' and type(place) == 'string' and string.match(place, '^%x+$') then
    redis.call('UNLINK', apart .. place)
  end
end`;

/**
 * KEYS slots · ARGV for each slot: expected beginning (17 bytes, a ticket), new value ('' = DEL), ms; then what names of
 * large entries begin with -> for each 1, 0, or why Redis refused. A wrong type is no match. Numbers are given as texts:
 * Redis prints a Lua number by way of a double.
 */
export const CAS = script(`${FREE}
local outcomes = {}
for at = 1, #KEYS do
  local expected, value = ARGV[3 * at - 2], ARGV[3 * at - 1]
  local outcome = 0
  if redis.pcall('GETRANGE', KEYS[at], '0', '16') == expected then
    local place = string.byte(expected) == 80 and redis.call('GETRANGE', KEYS[at], '17', '-1')
    local done
    if value == '' then done = redis.pcall('DEL', KEYS[at])
    else done = redis.pcall('SET', KEYS[at], value, 'PX', ARGV[3 * at]) end
    outcome = type(done) == 'table' and done.err or 1
    if outcome == 1 then free(ARGV[#ARGV], place) end
  end
  outcomes[at] = outcome
end
return outcomes`);

/**
 * The same for a large entry that was sent before: KEYS slot, where the entry stands · ARGV expected beginning ('' =
 * whatever), what the slot is to hold, ms, what names of large entries begin with -> 1, 0, or why Redis refused.
 */
export const CAS_APART = script(`${FREE}
local stands = redis.pcall('GETRANGE', KEYS[1], '0', '-1')
if ARGV[1] ~= '' and (type(stands) ~= 'string' or string.sub(stands, 1, 17) ~= ARGV[1]) then
  redis.call('UNLINK', KEYS[2])
  return 0
end
local life = string.format('%.0f', tonumber(ARGV[3]) + 1000)
if redis.call('PEXPIRE', KEYS[2], life) == 0 then return 'OOM the entry itself was not stored' end
local done = redis.pcall('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if done.err then
  redis.call('UNLINK', KEYS[2])
  return done.err
end
if type(stands) == 'string' and string.byte(stands) == 80 then free(ARGV[4], string.sub(stands, 18)) end
return 1`);

/** KEYS slots · ARGV ms, a lease for each -> for each: false, it is taken; what stands there; or in braces why Redis refused. */
export const TAKE = script(`
local outcomes = {}
for at = 1, #KEYS do
  local stands = redis.pcall('SET', KEYS[at], ARGV[at + 1], 'NX', 'GET', 'PX', ARGV[1])
  outcomes[at] = type(stands) == 'table' and stands.err and {stands.err} or stands
end
return outcomes`);

/**
 * KEYS counter, era, stamps · ARGV fresh id, least ms that a stamp must live, ms that a new one lives
 * -> texts, created (1 or 0 each), counter's id, counter's number, Redis' ms, era.
 * Number and stamp are made in one step: late tags rest on that. A counter of a wrong form is a lost counter. A mark in
 * a stamp's place stays there and is answered as 'M': a doubt.
 */
export const STAMPS = script(`
local stands = redis.pcall('GET', KEYS[1])
local id, n
if type(stands) == 'string' then id, n = string.match(stands, '^(%w+):(%d+)$') end
local isNew = not id
if isNew then id = ARGV[1]; n = 0 else n = tonumber(n) end
local era = redis.pcall('GET', KEYS[2])
if type(era) ~= 'string' then
  era = ARGV[1]
  redis.call('SET', KEYS[2], era)
end
local texts, created, changed = {}, {}, isNew
for at = 3, #KEYS do
  local text = redis.pcall('GET', KEYS[at])
  if type(text) == 'string' and string.sub(text, 1, 1) == 'M' then
    text = 'M'
    created[at - 2] = 0
  elseif type(text) == 'string' and string.match(text, '^%w+:%d+;') then
    created[at - 2] = 0
    if redis.call('PTTL', KEYS[at]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[at], ARGV[3]) end
  else
    n = n + 1
    changed = true
    text = id .. ':' .. n .. ';0'
    redis.call('SET', KEYS[at], text, 'PX', ARGV[3])
    created[at - 2] = 1
  end
  texts[at - 2] = text
end
if changed then redis.call('SET', KEYS[1], id .. ':' .. string.format('%.0f', n)) end
local time = redis.call('TIME')
return {texts, created, id, string.format('%.0f', n), time[1] .. string.format('%03d', math.floor(time[2] / 1000)), era}`);

/** KEYS counter, stamps · ARGV fresh id -> how many stamps got a new soft half; a missing stamp needs none. */
export const SOFTEN = script(`
local stands = redis.pcall('GET', KEYS[1])
local id, n
if type(stands) == 'string' then id, n = string.match(stands, '^(%w+):(%d+)$') end
if not id then id = ARGV[1]; n = 0 else n = tonumber(n) end
local softened = 0
for at = 2, #KEYS do
  local text = redis.pcall('GET', KEYS[at])
  local hard = type(text) == 'string' and string.match(text, '^([^;]*);')
  if hard then
    n = n + 1
    redis.call('SET', KEYS[at], hard .. ';' .. id .. ':' .. string.format('%.0f', n), 'KEEPTTL')
    softened = softened + 1
  end
end
redis.call('SET', KEYS[1], id .. ':' .. string.format('%.0f', n))
return softened`);

/** KEYS slots · ARGV what names of large entries begin with -> how many of those that were emptied held values. */
export const DROP = script(`${FREE}
local values = 0
for at = 1, #KEYS do
  local kind = redis.pcall('GETRANGE', KEYS[at], '0', '0')
  if kind == 'V' or kind == 'P' then values = values + 1 end
  if kind == 'P' then free(ARGV[1], redis.call('GETRANGE', KEYS[at], '17', '-1')) end
end
for first = 1, #KEYS, 1000 do redis.call('UNLINK', unpack(KEYS, first, math.min(first + 999, #KEYS))) end
return values`);

/**
 * ARGV cursor, pattern, count, what names that stay begin with, and those of large entries -> cursor, how many names were emptied, how many of
 * them held values, one of them. Its keys are found by SCAN, so it is for a server that is no part of a cluster.
 */
export const SWEEP = script(`${FREE}
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local stays = #ARGV[4]
local names, seen, values = {}, {}, 0
for _, name in ipairs(page[2]) do
  if string.sub(name, 1, stays) ~= ARGV[4] and not seen[name] then
    seen[name] = true
    names[#names + 1] = name
    local kind = redis.pcall('GETRANGE', name, '0', '0')
    if kind == 'V' or kind == 'P' then values = values + 1 end
    if kind == 'P' then free(ARGV[5], redis.call('GETRANGE', name, '17', '-1')) end
  end
end
for first = 1, #names, 1000 do redis.call('UNLINK', unpack(names, first, math.min(first + 999, #names))) end
return {page[1], #names, values, names[1] or ''}`);

/**
 * KEYS slot · ARGV token (32 hex digits), ms. A mark is M, an id, then (token, ':', expiry in Redis' ms, ',')*.
 * Adds the token, keeps others' that have not expired, replaces a value or a lease.
 */
export const MARK = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stands = redis.pcall('GET', KEYS[1])
local marks = 'M' .. string.sub(ARGV[1], 1, 16)
local last = now + tonumber(ARGV[2])
marks = marks .. ARGV[1] .. ':' .. string.format('%.0f', last) .. ','
if type(stands) == 'string' and string.sub(stands, 1, 1) == 'M' then
  for token, expiry in string.gmatch(string.sub(stands, 18), '(%x+):(%d+)') do
    if token ~= ARGV[1] and tonumber(expiry) > now then
      marks = marks .. token .. ':' .. expiry .. ','
      if tonumber(expiry) > last then last = tonumber(expiry) end
    end
  end
end
redis.call('SET', KEYS[1], marks, 'PX', string.format('%.0f', last - now))
return redis.status_reply('OK')`);

/** KEYS slot · ARGV token -> 1 when a value was emptied. Other writers' tokens stay; what is no mark is emptied. */
export const UNMARK = script(`
local stands = redis.pcall('GET', KEYS[1])
if type(stands) ~= 'string' or string.sub(stands, 1, 1) ~= 'M' then
  redis.call('UNLINK', KEYS[1])
  return (type(stands) == 'string' and string.sub(stands, 1, 1) == 'V') and 1 or 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local marks, last = '', 0
for token, expiry in string.gmatch(string.sub(stands, 18), '(%x+):(%d+)') do
  if token ~= ARGV[1] and tonumber(expiry) > now then
    marks = marks .. token .. ':' .. expiry .. ','
    if tonumber(expiry) > last then last = tonumber(expiry) end
  end
end
if marks == '' then redis.call('UNLINK', KEYS[1])
else redis.call('SET', KEYS[1], string.sub(stands, 1, 17) .. marks, 'PX', string.format('%.0f', last - now)) end
return 0`);

/** KEYS hash · ARGV field, what it holds ('' = nothing), its new value; then for each field that goes: name, what it holds -> 1 or 0 */
export const FOLD = script(`
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
for at = 4, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) ~= ARGV[at + 1] then return 0 end
end
for at = 4, #ARGV, 2 do redis.call('HDEL', KEYS[1], ARGV[at]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`);

export const SCRIPTS: readonly Script[] = [
  FOLD,
  CAS,
  CAS_APART,
  TAKE,
  STAMPS,
  SOFTEN,
  DROP,
  SWEEP,
  MARK,
  UNMARK,
];

function script(text: string): Script {
  const trimmed = text.trim();
  return { text: trimmed, sha: createHash('sha1').update(trimmed).digest('hex') };
}
