import type { Operation } from './call.ts'
import { getHistograms, getLogs, getLogsV2 } from './get-logs.ts'
import { createIndex, deleteIndex, getIndex, updateIndex } from './indexes.ts'
import { createLogStore, deleteLogStore, getLogStore, listLogStores, updateLogStore } from './log-stores.ts'
import { createProject, deleteProject, getProject, listProjects, updateProject } from './projects.ts'
import { putLogs } from './put-logs.ts'
import { notOffered, Refusal } from './refusal.ts'
import { getCursor, getCursorTime, listShards, pullLogs } from './shards.ts'
import type { RequestTarget } from './target.ts'

/** An operation and the pattern of its path, for logs and metrics. */
export interface Route {
  readonly path: string
  readonly operation: Operation
}

type Methods = Readonly<Record<string, Operation>>

/** An operation that clients have and this server has not. */
function refused(what: string): Operation {
  return {
    needs: ['millrace:UseLogService', 'project'],
    run: () => {
      throw notOffered(what)
    },
  }
}

const root: Methods = { POST: createProject, GET: getProject, PUT: updateProject, DELETE: deleteProject }
const logStores: Methods = { POST: createLogStore, GET: listLogStores }
const logStore: Methods = { POST: putLogs, GET: getLogStore, PUT: updateLogStore, DELETE: deleteLogStore }
/** By `type` of the query. */
const reading: Readonly<Record<string, Operation>> = {
  log: getLogs,
  histogram: getHistograms,
  context_log: refused('what stands around a log'),
}
const index: Methods = { POST: createIndex, GET: getIndex, PUT: updateIndex, DELETE: deleteIndex }
/** By `type` of the query. One client writes `log` where others write `logs`. */
const shard: Readonly<Record<string, Operation>> = {
  cursor: getCursor,
  cursor_time: getCursorTime,
  logs: pullLogs,
  log: pullLogs,
}
const parts: Readonly<Record<string, Methods>> = {
  index,
  logs: { POST: getLogsV2 },
  shards: { GET: listShards },
}

/** Finds the operation of a request. Throws `BadRequest`. */
export function routeOf(method: string, target: RequestTarget): Route {
  const [path, operation] = find(method, target)
  if (operation !== undefined) return { path: `sls:${path}`, operation }
  throw new Refusal(
    'BadRequest',
    `there is no operation ${/^[A-Z]{1,10}$/.test(method) ? method : ''} at this path`,
  )
}

function find(
  method: string,
  { path, query, project }: RequestTarget,
): readonly [string, Operation | undefined] {
  const [kind, name, part, third] = path
  if (path.length === 0) {
    const isList = method === 'GET' && (project === undefined || query.has('size') || query.has('offset'))
    return ['/', isList ? listProjects : root[method]]
  }
  if (kind === 'logs' && path.length === 1) return ['/logs', refused('SQL over a project')]
  if (kind !== 'logstores') return ['none', undefined]
  if (name === undefined) return ['/logstores', logStores[method]]
  if (part === undefined) {
    const type = query.get('type') ?? ''
    const found = method === 'GET' && type !== '' ? own(reading, type) : logStore[method]
    return ['/logstores/:logstore', found]
  }
  if (part === 'consumergroups') return ['/logstores/:logstore/consumergroups', refused('consumer groups')]
  // Two clients, two paths.
  if (part === 'index' && method === 'GET' && query.get('type') === 'histogram') {
    return ['/logstores/:logstore', getHistograms]
  }
  if (third === undefined)
    return [`/logstores/:logstore/${own(parts, part) ? part : ''}`, own(parts, part)?.[method]]
  if (part !== 'shards' || path.length > 4) return ['none', undefined]
  if (third === 'lb' || third === 'route') {
    return [`/logstores/:logstore/shards/${third}`, method === 'POST' ? putLogs : undefined]
  }
  const found =
    method === 'GET'
      ? own(shard, query.get('type') ?? '')
      : refused('splitting and merging of shards: a log store is made with as many as it needs')
  return ['/logstores/:logstore/shards/:shard', found]
}

function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
