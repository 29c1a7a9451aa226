import { readFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtime } from '@millrace/runtime-nodejs'
import { assert, type Storage } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect } from 'vitest'
import {
  createFunctions,
  type Functions,
  type FunctionsOptions,
  type InvocationResult,
  type InvokeOptions,
} from '../../src/functions/index.ts'
import {
  emptySnapshot,
  type FunctionSpec,
  type FunctionView,
  functionView,
  type Snapshot,
  type Snapshots,
} from '../../src/resources/index.ts'

export const account = 'main'
export const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Functions as the control plane would hand them out. */
export class TestSnapshots implements Snapshots {
  #current: Snapshot = emptySnapshot
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()

  current(): Snapshot {
    return this.#current
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  /** Defines, changes (its parts stay) or deletes a function. */
  set(name: string, spec: FunctionSpec | undefined): void {
    const key = `${account}/${name}`
    const functions = new Map(this.#current.functions)
    const revision = this.#current.revision + 1
    const view = spec && functionView(account, name, { spec, revision, createdAtMs: 0, updatedAtMs: 0 })
    if (view === undefined) functions.delete(key)
    else {
      const { versions, aliases, scaling, reservedInstances, disabled } = functions.get(key) ?? view
      functions.set(key, { ...view, versions, aliases, scaling, reservedInstances, disabled })
    }
    this.#swap({ functions })
  }

  /** Changes parts of a function that is defined. */
  change(name: string, change: Partial<FunctionView>): void {
    const view = this.view(name)
    this.#swap({ functions: new Map(this.#current.functions).set(view.key, { ...view, ...change }) })
  }

  /** Publishes what `LATEST` is now. */
  publish(name: string, version: string): void {
    const { latest, key, versions } = this.view(name)
    const deployment = { ...latest, version, key: `${key}@${version}`, revision: 1 }
    this.change(name, {
      versions: new Map(versions).set(version, { version, description: '', createdAtMs: 0, deployment }),
    })
  }

  /** Layers by `name:version`. */
  setLayers(codes: Readonly<Record<string, string>>): void {
    const layers = Object.entries(codes).map(([key, code]) => {
      const [name = '', version = ''] = key.split(':')
      const spec = { description: '', license: '', code, runtimes: [] }
      return [`${account}/${key}`, { account, name, version: Number(version), spec, createdAtMs: 0 }] as const
    })
    this.#swap({ layers: new Map(layers) })
  }

  #swap(change: Partial<Snapshot>): void {
    const previous = this.#current
    this.#current = { ...previous, revision: previous.revision + 1, ...change }
    for (const listener of this.#listeners) listener(this.#current, previous)
  }

  view(name: string): FunctionView {
    const view = this.#current.functions.get(`${account}/${name}`)
    assert(view !== undefined, 'the test has defined the function')
    return view
  }
}

/** The function platform with real processes and a clock of the test's own. */
export class FunctionsBench implements AsyncDisposable {
  readonly clock = new FakeClock()
  readonly snapshots = new TestSnapshots()
  readonly dataFolder: string
  readonly functions: Functions
  readonly #stack: AsyncDisposableStack

  private constructor(
    dataFolder: string,
    { blobs, documents }: Pick<Storage, 'blobs' | 'documents'>,
    stack: AsyncDisposableStack,
    options: Partial<FunctionsOptions>,
  ) {
    this.dataFolder = options.dataFolder ?? dataFolder
    this.#stack = stack
    this.functions = createFunctions({
      dataFolder,
      blobs,
      documents,
      snapshots: this.snapshots,
      clock: this.clock,
      random: seededRandom(1),
      log: silentLog,
      runtimes: () => runtime,
      searchPath: '',
      ...options,
    })
  }

  /** `storage`: of an earlier bench, to look what that has left; else one of its own. */
  static async open(
    options: Partial<FunctionsOptions> & { storage?: Storage } = {},
  ): Promise<FunctionsBench> {
    const { storage: _given, ...rest } = options
    const stack = new AsyncDisposableStack()
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'millrace-fn-')))
    const storage = stack.use(await openStorage())
    const bench = new FunctionsBench(folder.path, options.storage ?? storage, stack, rest)
    await bench.functions.start()
    return bench
  }

  /** Defines or replaces a function by the text of its `index.js`, or by several files. */
  async define(
    name: string,
    code: string | Record<string, string>,
    change: Partial<FunctionSpec> = {},
  ): Promise<void> {
    const files = typeof code === 'string' ? { 'index.js': code } : code
    const spec = functionSpec(
      await this.functions.uploadCode(
        new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
      ),
      change,
    )
    await this.functions.check(spec)
    this.snapshots.set(name, spec)
  }

  invoke(name: string, payload = '', options: Partial<InvokeOptions> = {}): Promise<InvocationResult> {
    const { signal = new AbortController().signal } = options
    return this.functions.invoke(account, name, Buffer.from(payload), { ...options, signal })
  }

  /** The result as text; fails the test when the function failed. */
  async text(name: string, payload = ''): Promise<string> {
    const result = await this.invoke(name, payload)
    expect(result).toMatchObject({ status: 'ok' })
    return result.status === 'ok' ? Buffer.from(result.payload).toString() : ''
  }

  /** Resolves when the function's log has a line with the text. */
  async logged(name: string, text: string): Promise<void> {
    const found = new AbortController()
    for await (const line of this.functions.tailLogs(account, name, {}, found.signal)) {
      if (line.text.includes(text)) found.abort()
    }
  }

  /** Stops everything; nothing may be left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.functions[Symbol.asyncDispose]()
    await this.#stack.disposeAsync()
    expect(this.clock.pending).toBe(0)
  }
}

export function functionSpec(code: string, change: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    description: '',
    runtime: 'nodejs',
    handler: 'index.handler',
    handlerKind: 'event',
    code,
    layers: [],
    environment: {},
    cpu: 1,
    diskMiB: 512,
    freeze: false,
    network: 'on',
    tags: {},
    timeoutMs: 3_000,
    initializerTimeoutMs: 2_000,
    memoryMiB: 128,
    concurrencyPerInstance: 1,
    instancesMax: 4,
    ...change,
  }
}

/** Waits for a condition of the world outside, turn by turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

/** A process that has ended stays visible until its parent takes note, which may be never: that counts as ended. */
export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${processId}/stat`, 'utf8'))
  } catch {
    return false
  }
}
