import type { Operation } from './call.ts'
import { getHistograms, getLogs, getLogsV2 } from './get-logs.ts'
import { createIndex, deleteIndex, getIndex, updateIndex } from './indexes.ts'
import { createLogStore, deleteLogStore, getLogStore, listLogStores, updateLogStore } from './log-stores.ts'
import { createProject, deleteProject, getProject, listProjects, updateProject } from './projects.ts'
import { putLogs } from './put-logs.ts'
import { notOffered, Refusal } from './refusal.ts'
import { getCursor, getCursorTime, listShards, pullLogs } from './shards.ts'
import type { RequestTarget } from './target.ts'

/** One path and method of the interface, and what it does. */
export interface Route {
  /** `*` is every method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | '*'
  /** With parameters as `:name`; `/*` at the end is whatever follows, also nothing. */
  readonly path: string
  /** The `type` that the query must have; empty for none. Absent: whatever it has. */
  readonly type?: string
  /** Only where no project is named, or a page of a list is asked for. */
  readonly isList?: true
  /** Names of the actions that it is, as the documentation of the interface has them. */
  readonly actions: readonly string[]
  readonly operation: Operation
}

/** An operation that clients have and this server has not. */
function refused(what: string): Operation {
  return {
    needs: ['millrace:UseLogService', 'project'],
    run: () => {
      throw notOffered(what)
    },
  }
}

const context = refused('what stands around a log')
const sql = refused('SQL over a project')
const groups = refused('consumer groups')
const resharding = refused('splitting and merging of shards: a log store is made with as many as it needs')

const stores = '/logstores'
const store = '/logstores/:logstore'
const index = '/logstores/:logstore/index'
const shard = '/logstores/:logstore/shards/:shard'

/** Everything that the interface does: what is not here does not exist. The first that fits a request is its route. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/', isList: true, actions: ['ListProject'], operation: listProjects },
  { method: 'GET', path: '/', actions: ['GetProject'], operation: getProject },
  { method: 'POST', path: '/', actions: ['CreateProject'], operation: createProject },
  { method: 'PUT', path: '/', actions: ['UpdateProject'], operation: updateProject },
  { method: 'DELETE', path: '/', actions: ['DeleteProject'], operation: deleteProject },
  { method: '*', path: '/logs', actions: ['GetProjectLogs'], operation: sql },
  { method: 'POST', path: stores, actions: ['CreateLogStore'], operation: createLogStore },
  { method: 'GET', path: stores, actions: ['ListLogStores'], operation: listLogStores },
  { method: 'GET', path: store, type: '', actions: ['GetLogStore'], operation: getLogStore },
  { method: 'GET', path: store, type: 'log', actions: ['GetLogs'], operation: getLogs },
  { method: 'GET', path: store, type: 'histogram', actions: ['GetHistograms'], operation: getHistograms },
  { method: 'GET', path: store, type: 'context_log', actions: ['GetContextLogs'], operation: context },
  { method: 'POST', path: store, actions: ['PutLogs'], operation: putLogs },
  { method: 'PUT', path: store, actions: ['UpdateLogStore'], operation: updateLogStore },
  { method: 'DELETE', path: store, actions: ['DeleteLogStore'], operation: deleteLogStore },
  { method: '*', path: `${store}/consumergroups/*`, actions: ['CreateConsumerGroup'], operation: groups },
  // Two clients, two paths.
  { method: 'GET', path: index, type: 'histogram', actions: ['GetHistograms'], operation: getHistograms },
  { method: 'GET', path: index, actions: ['GetIndex'], operation: getIndex },
  { method: 'POST', path: index, actions: ['CreateIndex'], operation: createIndex },
  { method: 'PUT', path: index, actions: ['UpdateIndex'], operation: updateIndex },
  { method: 'DELETE', path: index, actions: ['DeleteIndex'], operation: deleteIndex },
  { method: 'POST', path: `${store}/logs`, actions: ['GetLogsV2'], operation: getLogsV2 },
  { method: 'GET', path: `${store}/shards`, actions: ['ListShards'], operation: listShards },
  { method: 'POST', path: `${store}/shards/lb`, actions: ['PutLogs'], operation: putLogs },
  { method: 'POST', path: `${store}/shards/route`, actions: ['PutLogs'], operation: putLogs },
  { method: 'GET', path: shard, type: 'cursor', actions: ['GetCursor'], operation: getCursor },
  { method: 'GET', path: shard, type: 'cursor_time', actions: ['GetCursorTime'], operation: getCursorTime },
  { method: 'GET', path: shard, type: 'logs', actions: ['PullLogs'], operation: pullLogs },
  // One client writes it so.
  { method: 'GET', path: shard, type: 'log', actions: ['PullLogs'], operation: pullLogs },
  ...(['POST', 'PUT', 'DELETE'] as const).map(
    (method): Route => ({
      method,
      path: shard,
      actions: ['SplitShard', 'MergeShards'],
      operation: resharding,
    }),
  ),
]

const shapes = routes.map(route => ({ route, parts: route.path.split('/').slice(1).filter(Boolean) }))

/** Finds the operation of a request. Throws `BadRequest`. */
export function routeOf(method: string, target: RequestTarget): Route {
  const found = shapes.find(({ route, parts }) => fits(route, parts, method, target))
  if (found !== undefined) return found.route
  throw new Refusal(
    'BadRequest',
    `there is no operation ${/^[A-Z]{1,10}$/.test(method) ? method : ''} at this path`,
  )
}

function fits(
  route: Route,
  parts: readonly string[],
  method: string,
  { path, query, project }: RequestTarget,
): boolean {
  if (route.method !== '*' && route.method !== method) return false
  if (route.type !== undefined && route.type !== (query.get('type') ?? '')) return false
  if (route.isList === true && project !== undefined && !query.has('size') && !query.has('offset'))
    return false
  const isOpenEnded = parts.at(-1) === '*'
  const named = isOpenEnded ? parts.slice(0, -1) : parts
  if (isOpenEnded ? path.length < named.length : path.length !== named.length) return false
  return named.every((part, at) => (part.startsWith(':') ? path[at] !== '' : part === path[at]))
}
