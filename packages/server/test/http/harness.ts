import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, type PluginLog, systemClock, systemRandom } from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import { bearerScheme, type Credential } from '../../src/auth/index.ts'
import { createDelivery, type Delivery } from '../../src/delivery/index.ts'
import { openEventLogs } from '../../src/eventlog/index.ts'
import { type HttpLimits, listen, type Listener, type Services } from '../../src/http/index.ts'
import { createFunctions } from '../../src/functions/index.ts'
import { createIngest } from '../../src/ingest/index.ts'
import { silentHttpObserver, silentObserver } from '../../src/observability/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { openResources, pumpCursor } from '../../src/resources/index.ts'

export const testAccount = '1000000000000001'
export const credential: Credential = {
  accessKeyId: 'MRTEST',
  accessKeySecret: 'c2VjcmV0LW9mLXRoZS10ZXN0cw',
  account: testAccount,
}
export const authorization = `Bearer ${credential.accessKeyId}.${credential.accessKeySecret}`

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Record<string, unknown> | undefined
}

export interface TestServer extends AsyncDisposable {
  readonly listener: Listener
  readonly services: Services
  readonly delivery: Delivery
  readonly logged: readonly LoggedLine[]
  /** A request with credentials; `body` other than bytes and text is sent as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; `undefined` when it is no JSON. */
  readonly json: Record<string, unknown> | undefined
}

/** A real listener on a free port, over the memory driver and the real engine as far as operations need it. */
export async function startServer(
  limits: Partial<HttpLimits> = {},
  change: (services: Services) => Services = services => services,
): Promise<TestServer> {
  const storage = await openStorage()
  const random = systemRandom(systemClock)
  const eventLogs = openEventLogs(storage.log)
  const resources = await openResources(
    {
      documents: storage.documents,
      clock: systemClock,
      openLog: bus => eventLogs.open(bus),
      nextPosition: bus => eventLogs.next(bus),
      routedPosition: async bus => eventLogs.next(bus),
      emptyLog: async bus => void (await eventLogs.trim(bus, Number.POSITIVE_INFINITY)),
      checkRule: async (_account, spec) => spec,
      checkFunction: (_account, spec) => functions.check(spec),
    },
    testAccount,
  )
  const ingest = createIngest({
    logs: eventLogs,
    clock: systemClock,
    random,
    observer: silentObserver,
    makeRoom: async () => {},
  })
  const logged: LoggedLine[] = []
  const log = collectingLog(logged)
  const plugins = await createPlugins({ root: join(import.meta.dirname, '../../../..'), log })
  const dataFolder = await mkdtemp(join(tmpdir(), 'millrace-http-'))
  const functions = createFunctions({
    dataFolder,
    blobs: storage.blobs,
    snapshots: resources.snapshots,
    clock: systemClock,
    random,
    log: silentLog,
    runtimes: name => plugins.runtime(name),
    searchPath: process.env['PATH'] ?? '',
  })
  await functions.start()
  const delivery = createDelivery({
    storage,
    logs: eventLogs,
    snapshots: resources.snapshots,
    sinks: {
      open(account, sink, { queue }) {
        if ('function' in sink) return functions.sink(account, sink.function)
        assert('connector' in sink, 'these tests know no bus as a target')
        const context = { clock: systemClock, random, log: silentLog, allowPrivateTargets: true, name: queue }
        return plugins.openSink(sink.connector, sink.options, context)
      },
    },
    clock: systemClock,
    random,
    log: silentLog,
    observer: silentObserver,
  })
  await delivery.start()
  const services = change({
    clock: systemClock,
    log,
    observer: silentHttpObserver,
    resources,
    ingest,
    eventLogs,
    delivery,
    functions,
    plugins,
    routedPosition: async bus => (await storage.queue.cursor(pumpCursor(bus))) ?? 1,
    node: { version: '0.0.0-test', region: 'local', storage: 'memory', startedAtMs: systemClock.nowMs() },
    readiness: {},
    metrics: { contentType: 'text/plain', text: async () => '' },
  })
  const listener = await listen(services, {
    host: '127.0.0.1',
    port: 0,
    schemes: [bearerScheme([credential])],
    limits,
  })
  return {
    listener,
    services,
    delivery,
    logged,
    call: (method, path, body, headers) => call(listener, method, path, body, headers),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      await ingest[Symbol.asyncDispose]()
      await delivery[Symbol.asyncDispose]()
      await functions[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

async function call(
  listener: Listener,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${listener.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      authorization,
      ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function collectingLog(lines: LoggedLine[]): PluginLog {
  const at =
    (level: LoggedLine['level']) =>
    (message: string, fields?: Record<string, unknown>): void =>
      void lines.push({ level, message, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const silentLog: PluginLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
