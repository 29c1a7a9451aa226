import { runtime } from '@millrace/runtime-nodejs'
import { systemClock, systemRandom } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import {
  emptySnapshot,
  createFunctions,
  defaultFunctionsLimits,
  type FunctionSpec,
  type Functions,
  type FunctionsLimits,
  functionView,
  type Sandbox,
  type Snapshot,
  type Snapshots,
} from '@millrace/server/engine'

export const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
export const account = 'bench'

/** The function platform alone, as the server has it, in this process. */
export interface Platform extends AsyncDisposable {
  readonly functions: Functions
  readonly snapshots: Snapshots
  /** Defines a function of one file. */
  define(name: string, code: string, change?: Partial<FunctionSpec>): Promise<void>
  call(name: string, payload: Uint8Array): Promise<Uint8Array>
}

export async function openPlatform(
  folder: string,
  limits: Partial<FunctionsLimits> = {},
  sandbox?: Sandbox,
): Promise<Platform> {
  const storage = await openStorage()
  let snapshot: Snapshot = emptySnapshot
  const listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()
  const snapshots: Snapshots = {
    current: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => listeners.delete(listener) }
    },
  }
  const functions = createFunctions({
    dataFolder: folder,
    blobs: storage.blobs,
    documents: storage.documents,
    snapshots,
    clock: systemClock,
    random: systemRandom(systemClock),
    log: silentLog,
    runtimes: () => runtime,
    searchPath: '',
    limits: { ...defaultFunctionsLimits, ...limits },
    ...(sandbox === undefined ? {} : { sandbox }),
  })
  await functions.start()
  const { signal } = new AbortController()
  return {
    functions,
    snapshots,
    async define(name, code, change = {}) {
      const spec = specOf(await functions.uploadCode(new Map([['index.mjs', Buffer.from(code)]])), change)
      const view = functionView(account, name, { spec, revision: 1, createdAtMs: 0, updatedAtMs: 0 })
      const previous = snapshot
      snapshot = { ...previous, functions: new Map(previous.functions).set(view.key, view) }
      for (const listener of listeners) listener(snapshot, previous)
    },
    async call(name, payload) {
      const result = await functions.invoke(account, name, payload, { signal })
      if (result.status !== 'ok') throw new Error(`the function failed: ${result.failure.errorMessage}`)
      return result.payload
    },
    async [Symbol.asyncDispose]() {
      await functions[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

function specOf(code: string, change: Partial<FunctionSpec>): FunctionSpec {
  return {
    description: '',
    runtime: 'nodejs',
    handler: 'index.handler',
    handlerKind: 'event',
    initializerTimeoutMs: 10_000,
    code,
    layers: [],
    environment: {},
    timeoutMs: 60_000,
    memoryMiB: 128,
    cpu: 1,
    diskMiB: 512,
    concurrencyPerInstance: 1,
    instancesMax: 64,
    freeze: false,
    network: 'on',
    tags: {},
    ...change,
  }
}
