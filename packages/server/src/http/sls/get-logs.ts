import { type Answer, type Call, jsonObject, type Operation, type SlsContext } from './call.ts'
import { existing } from './log-stores.ts'
import { compileQuery } from './query.ts'
import { Refusal } from './refusal.ts'
import { type Found, type Progress, readFound, searchLogs, type Wanted } from './search.ts'
import { wholeNumber } from './target.ts'

/** Logs of one answer at most. */
const lineMax = 100
/** Logs that may be passed over: as many are remembered while a search goes on. */
const offsetMax = 100_000
/** Bytes of one answer at most, about; it ends there, and says that it is not complete. */
const answerBytesMax = 33_554_432
/** Buckets that a histogram has when nobody says how long they are. */
const bucketsWanted = 60
const bucketsMax = 10_000

/** GetLogs: the logs of a time that a query finds, in the order of their times. */
export const getLogs: Operation = {
  needs: ['log:GetLogStoreLogs', 'store'],
  async run(context, call) {
    const { rows, progress } = await findLogs(context, call, call.target.query)
    return {
      json: rows,
      headers: {
        'x-log-progress': progressWord(progress),
        'x-log-count': String(rows.length),
        'x-log-processed-rows': String(progress.logs),
        'x-log-elapsed-millisecond': String(progress.elapsedMs),
        'x-log-has-sql': 'false',
      },
    }
  },
}

/** GetLogsV2: the same, asked for by a body, answered with what it took. */
export const getLogsV2: Operation = {
  needs: ['log:GetLogStoreLogs', 'store'],
  async run(context, call) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(jsonObject(call))) {
      if (['string', 'number', 'boolean'].includes(typeof value)) query.set(name, String(value))
    }
    const { rows, progress } = await findLogs(context, call, query)
    const meta = {
      progress: progressWord(progress),
      count: rows.length,
      processedRows: progress.logs,
      processedBytes: progress.bytes,
      elapsedMillisecond: progress.elapsedMs,
      hasSQL: false,
      aggQuery: '',
      whereQuery: query.get('query') || '*',
      keys: [],
      terms: [],
      isAccurate: true,
      limited: 0,
      mode: 0,
    }
    return { json: { meta, data: rows } }
  },
}

/** GetHistograms: how many logs a query finds, for each part of a time. */
export const getHistograms: Operation = {
  needs: ['log:GetLogStoreHistogram', 'store'],
  async run(context, call) {
    const { query } = call.target
    const wanted = wantedOf(query)
    const { from, to } = wanted
    const interval = wholeNumber(query, 'interval', {
      low: Math.max(1, Math.ceil((to - from) / bucketsMax)),
      high: to - from + bucketsWanted,
      otherwise: Math.ceil((to - from) / bucketsWanted),
    })
    const counts = Array.from({ length: Math.ceil((to - from) / interval) }, () => 0)
    const progress = await searchLogs(context, call, wanted, ({ time }) => {
      counts[Math.floor((time - from) / interval)]! += 1
    })
    const word = progressWord(progress)
    const json = counts.map((count, i) => ({
      from: from + i * interval,
      to: Math.min(to, from + (i + 1) * interval),
      count,
      progress: word,
    }))
    const total = counts.reduce((sum, count) => sum + count, 0)
    return { json, headers: { 'x-log-progress': word, 'x-log-count': String(total) } }
  },
}

interface Logs {
  readonly rows: Answer['json'][]
  readonly progress: Progress & { readonly elapsedMs: number }
}

async function findLogs(context: SlsContext, call: Call, query: URLSearchParams): Promise<Logs> {
  const { clock } = context.services
  const startedAtMs = clock.nowMs()
  const wanted = wantedOf(query)
  const line = countOf(query, 'line', lineMax, lineMax, 'InvalidLine')
  const offset = countOf(query, 'offset', offsetMax, 0, 'InvalidOffset')
  const first = new First(offset + line, flagOf(query))
  let progress = await searchLogs(context, call, wanted, found => first.add(found))
  const { name } = await existing(context, call)
  const rows: Answer['json'][] = []
  let bytes = 0
  for (const found of first.sorted().slice(offset)) {
    const record = await readFound(context, call, name, found)
    if (record === undefined) continue
    for (const [key, value] of record) bytes += key.length + value.length
    if (bytes > answerBytesMax && rows.length > 0) {
      progress = { ...progress, isComplete: false }
      break
    }
    rows.push(Object.fromEntries(record))
  }
  return { rows, progress: { ...progress, elapsedMs: clock.nowMs() - startedAtMs } }
}

/** Keeps the first so many of all that were found, in the order of their times; of those at one time, as they lie. */
class First {
  readonly #count: number
  readonly #isReverse: boolean
  #found: Found[] = []

  constructor(count: number, isReverse: boolean) {
    this.#count = count
    this.#isReverse = isReverse
  }

  add(found: Found): void {
    this.#found.push(found)
    if (this.#found.length >= 2 * this.#count + 1_000) this.#found = this.sorted()
  }

  sorted(): Found[] {
    const sign = this.#isReverse ? -1 : 1
    return this.#found.sort((left, right) => sign * compare(left, right)).slice(0, this.#count)
  }
}

function compare(left: Found, right: Found): number {
  return (
    left.time - right.time ||
    left.timeNs - right.timeNs ||
    left.shard - right.shard ||
    left.position - right.position ||
    left.index - right.index
  )
}

function wantedOf(query: URLSearchParams): Wanted {
  const time = { low: 0, high: 4_294_967_295 }
  const from = wholeNumber(query, 'from', time)
  const to = wholeNumber(query, 'to', time)
  if (from >= to)
    throw new Refusal('InvalidTimeRange', `from is ${from}, and to is ${to}, which must be later`)
  return { from, to, topic: query.get('topic') ?? '', test: compileQuery(query.get('query') ?? '') }
}

function countOf(
  query: URLSearchParams,
  name: string,
  high: number,
  otherwise: number,
  code: string,
): number {
  try {
    return wholeNumber(query, name, { low: 0, high, otherwise })
  } catch (thrown) {
    throw thrown instanceof Refusal ? new Refusal(code, thrown.message) : thrown
  }
}

function flagOf(query: URLSearchParams): boolean {
  const text = (query.get('reverse') || 'false').toLowerCase()
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Refusal('InvalidReverse', 'reverse is true or false')
}

function progressWord({ isComplete }: Progress): string {
  return isComplete ? 'Complete' : 'Incomplete'
}
