import { type AccessRule, needs } from '../access.ts'
import type { FcAction } from './action-table.ts'

/** Actions that a permission calls otherwise than the interface does (function-compute section 11.4), in lower case. */
const otherNames: Readonly<Record<string, string>> = {
  putasyncinvokeconfig: 'PutFunctionAsyncInvokeConfig',
  getasyncinvokeconfig: 'GetFunctionAsyncInvokeConfig',
  deleteasyncinvokeconfig: 'DeleteFunctionAsyncInvokeConfig',
  listasyncinvokeconfigs: 'ListFunctionAsyncInvokeConfigs',
  putfunctionasyncconfig: 'PutFunctionAsyncInvokeConfig',
  getfunctionasyncconfig: 'GetFunctionAsyncInvokeConfig',
  deletefunctionasyncconfig: 'DeleteFunctionAsyncInvokeConfig',
  listfunctionasyncconfigs: 'ListFunctionAsyncInvokeConfigs',
  getstatefulasyncinvocation: 'GetAsyncTask',
  stopstatefulasyncinvocation: 'StopAsyncTask',
  liststatefulasyncinvocations: 'ListAsyncTasks',
  publishlayerversion: 'CreateLayerVersion',
  publishversion: 'PublishServiceVersion',
  listversions: 'ListServiceVersions',
  deleteversion: 'DeleteServiceVersion',
}

/** Parts of a function or layer that have names of their own. */
const namedParts: ReadonlySet<string> = new Set([
  'versions',
  'aliases',
  'triggers',
  'async-tasks',
  'vpc-bindings',
  'instances',
  'sessions',
])

/**
 * What an action needs, on what its path names: the two generations say the same of the same function, which is `service.function` in
 * both. Of a collection it is all of its members, since which one is meant is in the body alone or nowhere.
 */
export function accessOfAction({ name }: FcAction, path: string): readonly AccessRule[] {
  const given = otherNames[name.toLowerCase()] ?? name
  return needs(`fc:${given.slice(0, 1).toUpperCase()}${given.slice(1)}`, resourceOfPath(path))
}

function resourceOfPath(path: string): string {
  const plain = path
    .replace(/^\/services\/:service\/functions\/:function/, '/functions/:service.:function')
    .replace(/^\/services\/:service\/functions$/, '/functions/:service.*')
    .replace('/stateful-async-invocations', '/async-tasks')
  const parts = plain.slice(1).split('/')
  const [kind = '', name, part, partName] = parts
  if (!['functions', 'services', 'layers', 'layerarn', 'custom-domains'].includes(kind)) return '*'
  if (name === undefined) return `${kind}/*`
  if (part === undefined || !namedParts.has(part)) return `${kind}/${name}`
  return `${kind}/${name}/${part}/${partName ?? '*'}`
}
