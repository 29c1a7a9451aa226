import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  assert,
  type Documents,
  type PluginLog,
  type Storage,
  systemClock,
  systemRandom,
} from '@millrace/spi'
import { openStorage } from '@millrace/storage-memory'
import {
  acs3Scheme,
  acsSignatureScheme,
  bearerScheme,
  createIdentity,
  type Credential,
  fcNativeScheme,
  type Identity,
  isSystemPolicy,
  type Login,
  type LoginSettings,
  openLogin,
  parsePolicy,
  SecretBox,
} from '../../src/auth/index.ts'
import {
  createDelivery,
  type Delivery,
  registeredQueues,
  type SinkResolver,
} from '../../src/delivery/index.ts'
import { type EventLogs, openEventLogs } from '../../src/eventlog/index.ts'
import {
  type AuditTrail,
  functionComputePaths,
  type HttpLimits,
  listen,
  type Listener,
  rpcPath,
  type Services,
} from '../../src/http/index.ts'
import {
  type AsyncCalls,
  createAsyncCalls,
  createFunctions,
  type Functions,
} from '../../src/functions/index.ts'
import { createIngest, type Ingest } from '../../src/ingest/index.ts'
import { Quotas } from '../../src/quotas/index.ts'
import { silentObserver } from '../../src/observability/index.ts'
import { createLogStores, type LogStores } from '../../src/logstores/index.ts'
import { createPlugins, type Plugins } from '../../src/plugins/index.ts'
import { createQueues } from '../../src/queues/index.ts'
import {
  type FunctionSpec,
  openResources,
  pumpCursor,
  type Resources,
  type ResourcesHost,
  type SinkSpec,
} from '../../src/resources/index.ts'
import { createTopics, topicBusKey, type Topics } from '../../src/topics/index.ts'
import { openAudit, quietServices } from './quiet-services.ts'

export const testAccount = '1000000000000001'
export const credential: Credential = {
  accessKeyId: 'MRTEST',
  accessKeySecret: 'c2VjcmV0LW9mLXRoZS10ZXN0cw',
  account: testAccount,
}
/** Of another account, which has nothing. */
export const otherCredential: Credential = {
  accessKeyId: 'MROTHER',
  accessKeySecret: 'c2VjcmV0LW9mLXRoZS1vdGhlcg',
  account: '2000000000000002',
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
  readonly audit: AuditTrail
  readonly delivery: Delivery
  /** As they are stored. */
  readonly documents: Documents
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
  login: Partial<LoginSettings> = {},
): Promise<TestServer> {
  const owned = new AsyncDisposableStack()
  const logged: LoggedLine[] = []
  const log = collectingLog(logged)
  const plugins = await createPlugins({ root: join(import.meta.dirname, '../../../..'), log })
  const storage = owned.use(await openStorage())
  const eventLogs = openEventLogs(storage.log)
  const routedPosition = async (bus: string): Promise<number> =>
    (await storage.queue.cursor(pumpCursor(bus))) ?? 1
  const resources = await openTestResources(
    storage,
    eventLogs,
    spec => functions.check(spec),
    key => queues.empty(key),
  )
  const queues = owned.use(createQueues({ storage, snapshots: resources.snapshots, clock, log }))
  const functions = await startFunctions(owned, storage, resources, plugins)
  const ingest = openIngest(eventLogs)
  const calls = owned.use(openCalls(storage, resources, functions, ingest))
  await calls.start()
  const topics = owned.use(startTopics(storage, calls, ingest))
  const delivery = owned.use(startDelivery(storage, eventLogs, { calls, topics }, plugins, functions))
  await delivery.start()
  owned.use(ingest)
  const identity = openIdentity(resources)
  const audit = owned.use(openAudit({ ingest, resources, identity, clock, log }))
  const services = change({
    identity,
    login: await openTestLogin(storage.documents, resources, identity, login),
    audit,
    ...quietServices(functions.sandbox, clock.nowMs()),
    clock,
    log,
    resources,
    operator: { account: testAccount, accounts: new Set([testAccount, otherCredential.account]) },
    quotas: owned.use(openQuotas(resources, eventLogs, storage.documents)),
    ingest,
    eventLogs,
    delivery,
    functions,
    calls,
    queues,
    topics,
    logStores: openLogStores(eventLogs, resources),
    plugins,
    routedPosition,
  })
  const listener = owned.use(await openListener(services, limits))
  return {
    listener,
    services,
    audit,
    delivery,
    documents: storage.documents,
    logged,
    call: (method, path, body, headers) => call(listener, method, path, body, headers),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function openQuotas(resources: Resources, logs: EventLogs, documents: Documents): Quotas {
  return new Quotas({
    clock,
    documents,
    snapshots: resources.snapshots,
    busBytes: bus => logs.bytes(bus),
    codeBytes: async () => 0,
    functionInstances: () => 0,
    foreignDocuments: account => resources.foreign.countOf(account),
  })
}

function openListener(services: Services, limits: Partial<HttpLimits>): Promise<Listener> {
  const { keys } = services.identity
  const signed = { credentials: keys, clock }
  const schemes = [
    bearerScheme(keys),
    acsSignatureScheme({ ...signed, pathPrefix: '/openapi/' }),
    acs3Scheme({ ...signed, pathPrefixes: functionComputePaths, paths: [rpcPath] }),
    fcNativeScheme({ ...signed, pathPrefixes: functionComputePaths }),
  ]
  return listen(services, { host: '127.0.0.1', port: 0, schemes, credentials: keys, limits })
}

function openIdentity(resources: Resources): Identity {
  return createIdentity({
    roots: [credential, otherCredential],
    source: () => resources.snapshots.current(),
    secrets,
    clock,
  })
}

/** Passwords cost little here, for tests set many. */
function openTestLogin(
  documents: Documents,
  { snapshots }: Pick<Resources, 'snapshots'>,
  { keys }: Pick<Identity, 'keys'>,
  settings: Partial<LoginSettings> = {},
): Promise<Login> {
  const source = () => snapshots.current()
  return openLogin(
    { documents, secrets, keys, source, clock, random },
    { account: testAccount, hashCost: { cost: 2 ** 12, blockSize: 8, parallelization: 1 }, ...settings },
  )
}

function openIngest(logs: EventLogs): Ingest {
  const makeRoom = async (): Promise<void> => {}
  return createIngest({ logs, clock, random, observer: silentObserver, makeRoom })
}

function openLogStores(logs: EventLogs, { snapshots }: Resources): LogStores {
  return createLogStores({ logs, snapshots, clock, random, log: silentLog })
}

function openCalls(
  storage: Storage,
  { snapshots }: Resources,
  functions: Functions,
  ingest: Ingest,
): AsyncCalls {
  return createAsyncCalls({
    snapshots,
    documents: storage.documents,
    invoke: (...one) => functions.invoke(...one),
    append: async (bus, event) => {
      const [outcome] = await ingest.accept(bus, [event])
      assert(outcome?.status === 'accepted', 'a call is accepted')
    },
    queues: begin => registeredQueues(storage.documents, begin),
    clock,
    random,
    log: silentLog,
  })
}

const clock = systemClock
const secrets = new SecretBox(Buffer.alloc(32, 7))
const random = systemRandom(clock)

function openTestResources(
  storage: Storage,
  eventLogs: EventLogs,
  checkFunction: (spec: FunctionSpec) => Promise<void>,
  emptyQueue: (key: string) => Promise<void>,
): Promise<Resources> {
  const host: ResourcesHost = {
    documents: storage.documents,
    clock,
    openLog: bus => eventLogs.open(bus),
    nextPosition: bus => eventLogs.next(bus),
    routedPosition: async bus => eventLogs.next(bus),
    emptyLog: async bus => void (await eventLogs.trim(bus, Number.POSITIVE_INFINITY)),
    checkRule: async (_account, spec) => spec,
    checkFunction: (_account, spec) => checkFunction(spec),
    secrets,
    policies: { checkDocument: (document, kind) => void parsePolicy(document, kind), isSystemPolicy },
    messaging: {
      emptyQueue,
      openTopics: account => eventLogs.open(topicBusKey(account)),
      nextPosition: account => eventLogs.next(topicBusKey(account)),
      checkSubscription: async () => {},
    },
  }
  return openResources(host, [testAccount, otherCredential.account])
}

async function startFunctions(
  owned: AsyncDisposableStack,
  storage: Storage,
  { snapshots }: Resources,
  plugins: Plugins,
): Promise<Functions> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'millrace-http-'))
  owned.defer(() => rm(dataFolder, { recursive: true, force: true }))
  const functions = owned.use(
    createFunctions({
      dataFolder,
      blobs: storage.blobs,
      documents: storage.documents,
      snapshots,
      clock,
      random,
      log: silentLog,
      runtimes: name => plugins.runtime(name),
      runtimeList: () => plugins.runtimes(),
      searchPath: process.env['PATH'] ?? '',
    }),
  )
  await functions.start()
  return functions
}

/** Pushes are the bare messages. */
function startTopics(storage: Storage, calls: AsyncCalls, ingest: Pick<Ingest, 'accept'>): Topics {
  return createTopics({
    snapshots: calls.snapshots,
    queue: storage.queue,
    append: async (bus, event) => {
      const [outcome] = await ingest.accept(bus, [event])
      assert(outcome?.status === 'accepted', 'a message is accepted')
    },
    format: ({ body }) => ({ body, contentType: 'text/plain', headers: {} }),
    clock,
    random,
  })
}

function startDelivery(
  storage: Storage,
  logs: EventLogs,
  { calls, topics }: { calls: AsyncCalls; topics: Topics },
  plugins: Plugins,
  functions: Functions,
): Delivery {
  const { snapshots } = topics
  const sinks: SinkResolver = {
    open(account, sink, use) {
      const inside = (inner: SinkSpec) => sinks.open(account, inner, use)
      const internal = calls.sink(account, sink, inside) ?? topics.sink(account, sink, inside)
      if (internal !== undefined) return internal
      if ('function' in sink) return functions.sink(account, sink.function)
      assert('connector' in sink, 'these tests know no bus as a target')
      const context = {
        clock,
        random,
        log: silentLog,
        allowPrivateTargets: true,
        fileRoots: [],
        name: use.queue,
      }
      return plugins.openSink(sink.connector, sink.options, context)
    },
  }
  return createDelivery({
    storage,
    logs,
    snapshots,
    sinks,
    clock,
    random,
    log: silentLog,
    observer: silentObserver,
  })
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
