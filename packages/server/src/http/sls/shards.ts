import { hashRange } from '../../logstores/index.ts'
import type { Answer, Call, Operation, SlsContext } from './call.ts'
import { compressed, rawBytesMax } from './compression.ts'
import { decodeLogGroup, encodeLogGroupList } from './log-group.ts'
import { existing } from './log-stores.ts'
import { notOffered, parameterInvalid, Refusal } from './refusal.ts'
import { wholeNumber } from './target.ts'

/** Groups of one answer at most. */
const countMax = 1_000

export const listShards: Operation = {
  needs: ['log:ListShards', 'store'],
  async run(context, call) {
    const { spec, createdAtMs } = await existing(context, call)
    const json = Array.from({ length: spec.shards }, (_, shardID) => {
      const { begin, end } = hashRange(shardID, spec.shards)
      return {
        shardID,
        status: 'readwrite',
        inclusiveBeginKey: begin,
        exclusiveEndKey: end,
        createTime: Math.floor(createdAtMs / 1_000),
      }
    })
    return { json }
  },
}

/** A position of the shard by `begin`, `end`, or the time at which a group came. */
export const getCursor: Operation = {
  needs: ['log:GetCursorOrData', 'store'],
  async run(context, call) {
    const { name, shard } = await shardOf(context, call)
    const { logStores } = context.services
    const from = call.target.query.get('from') ?? ''
    if (from === 'begin' || from === 'end') {
      const { first, next } = await logStores.span(call.account, name, shard)
      return { json: { cursor: cursorOf(from === 'begin' ? first : next) } }
    }
    if (!/^\d{1,10}$/.test(from)) throw parameterInvalid('from is begin, end, or a time in seconds')
    const position = await logStores.seek(call.account, name, shard, Number(from) * 1_000)
    return { json: { cursor: cursorOf(position) } }
  },
}

/** When the group at a cursor came; now for the end. */
export const getCursorTime: Operation = {
  needs: ['log:GetCursorOrData', 'store'],
  async run(context, call) {
    const { name, shard } = await shardOf(context, call)
    const { logStores, clock } = context.services
    const position = positionOf(call.target.query.get('cursor') ?? '')
    const [entry] = await logStores.read(call.account, name, shard, position, { entriesMax: 1, bytesMax: 1 })
    return { json: { cursor_time: Math.floor((entry?.acceptedAtMs ?? clock.nowMs()) / 1_000) } }
  },
}

/** Groups from a cursor on, in the order in which they came, and the cursor behind them. */
export const pullLogs: Operation = {
  needs: ['log:GetCursorOrData', 'store'],
  async run(context, call) {
    const { name, shard } = await shardOf(context, call)
    const { query } = call.target
    if ((query.get('query') ?? '') !== '') throw notOffered('SPL: logs are pulled without a query')
    const count = wholeNumber(query, 'count', { low: 1, high: countMax, otherwise: 100 })
    const end = query.get('end_cursor') ?? ''
    const until = end === '' ? Number.POSITIVE_INFINITY : positionOf(end)
    const given = positionOf(query.get('cursor') ?? '')
    const { logStores } = context.services
    const { first, next } = await logStores.span(call.account, name, shard)
    // Whoever reads on from there would wait in silence while what comes stays below.
    if (given > next) throw new Refusal('InvalidCursor', 'the cursor lies behind the end of the shard')
    const read =
      given < until
        ? await logStores.read(call.account, name, shard, given, { entriesMax: count, bytesMax: rawBytesMax })
        : []
    const entries = read.filter(({ position }) => position < until)
    const last = entries.at(-1)
    // Behind entries that were removed there may be nothing yet: then their place is the end.
    const cursor = last === undefined ? Math.max(given, Math.min(first, until)) : last.position + 1
    const groups = entries.map(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    const head = { 'x-log-cursor': cursorOf(cursor), 'x-log-count': String(groups.length) }
    return await answer(call, groups, head)
  },
}

/** Protobuf; JSON for a client that takes nothing else. */
async function answer(call: Call, groups: readonly Buffer[], head: Record<string, string>): Promise<Answer> {
  if (call.headers.accept === 'application/json') {
    return { json: { logGroupList: groups.map(groupJson) }, headers: head }
  }
  const acceptEncoding = call.headers['accept-encoding'] ?? ''
  const { bytes, headers } = await compressed(encodeLogGroupList(groups), acceptEncoding)
  return { bytes, headers: { ...head, ...headers, 'content-type': 'application/x-protobuf' } }
}

function groupJson(bytes: Buffer): object {
  const { logs, topic, source, tags } = decodeLogGroup(bytes)
  const pairs = (all: typeof tags): object[] => all.map(({ key, value }) => ({ Key: key, Value: value }))
  const Logs = logs.map(({ time, timeNs, contents }) => ({
    Time: time,
    ...(timeNs === undefined ? {} : { TimeNs: timeNs }),
    Contents: pairs(contents),
  }))
  return {
    Topic: topic,
    Source: source,
    LogTags: pairs(tags),
    Logs,
    // The one client that takes JSON calls them so.
    LogItems: Logs,
  }
}

async function shardOf(context: SlsContext, call: Call): Promise<{ name: string; shard: number }> {
  const { name, spec } = await existing(context, call)
  const text = call.target.path[3] ?? ''
  const shard = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (shard < spec.shards) return { name, shard }
  throw new Refusal('ShardNotExist', `shard ${text.slice(0, 16)} does not exist`, 404)
}

/** Cursors are decimal numbers in Base64; nobody should rely on it. */
function cursorOf(position: number): string {
  return Buffer.from(String(position)).toString('base64')
}

function positionOf(cursor: string): number {
  const text = Buffer.from(cursor, 'base64').toString('latin1')
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return Number(text)
  throw new Refusal('InvalidCursor', 'the cursor is none that this server has given')
}
