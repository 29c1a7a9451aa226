import type { ConnectorInfo } from './connectors.ts'
import { ConsoleLoginClient } from './console-login.ts'
import { EventsClient } from './events.ts'
import type { AliasSpec, AsyncSpec, DomainSpec, ScalingSpec, TriggerSpec } from './function-parts.ts'
import { FunctionsClient } from './functions-client.ts'
import type { OpenApi } from './open-api.ts'
import {
  type AccessExplanation,
  AccessKeysClient,
  type Caller,
  type GroupSpec,
  type NeededPolicy,
  neededPolicyPath,
  type RoleSession,
  type RoleSessionOptions,
  type RolePolicy,
  type RoleSpec,
  type UserSpec,
  type Wired,
  type WiringParts,
} from './identity.ts'
import { BatchPublisher, type BatchPublisherOptions } from './publishing/index.ts'
import { PoliciesClient } from './policies-client.ts'
import { QueuesClient } from './queues.ts'
import { QuotasClient } from './quotas.ts'
import { ResourceClient } from './resource-client.ts'
import type { BusSpec, FunctionStatus, RuleSpec } from './resources.ts'
import { RuntimesClient } from './runtimes.ts'
import { type InstanceSpec, StreamsClient } from './streams.ts'
import { TopicsClient } from './topics.ts'
import { type ClientOptions, Transport } from './transport.ts'
import { LayersClient, VersionsClient } from './versions.ts'
import type { WiringNote } from './wirings.ts'

/** One line that a function wrote, or that the platform wrote about it. */
export interface LogLine {
  sequence: number
  atMs: number
  requestId?: string
  instanceId: string
  stream: 'stdout' | 'stderr' | 'platform'
  text: string
}

/** Which lines of a function's log are meant. */
export interface FunctionLogsQuery {
  /** Only those of one invocation. */
  requestId?: string
  /** The newest so many. */
  limit?: number
}

export interface CallOptions {
  /** Version or alias; `LATEST` unless told. */
  qualifier?: string
  /** Names the invocation in logs and answers; a new one unless told. */
  requestId?: string
  signal?: AbortSignal
}

export interface CallLaterOptions extends CallOptions {
  /** Names the call: a second one of the same name is not made. */
  taskId?: string
  /** How long the call waits before it is made. */
  delayMs?: number
}

/** What a function gave back. */
export interface Invocation {
  requestId: string
  /** Which form of the function ran: `LATEST` or a number. */
  version: string | undefined
  /** How long its code ran; not a number for an answer that was streamed. */
  durationMs: number
  /** What the runtime took the answer for. */
  contentType: string | undefined
  payload: Uint8Array
}

/** A code package as the server keeps it. */
export interface UploadedCode {
  /** For the `code` of a function or a layer. */
  code: string
  /** Of the zip. */
  bytes: number
  /** CRC-64/ECMA-182 of the zip, as a decimal number. */
  checksum: string
  files: number
  unpackedBytes: number
}

export interface PatternVerdict {
  matches: boolean
  explanation: unknown[]
}

/** Everything a program can ask of a server; made by `createClient`. */
export class Client {
  readonly events: EventsClient
  readonly buses: ResourceClient<BusSpec>
  readonly functions: FunctionsClient
  /** Host names whose paths lead to functions; the name of one is its host. */
  readonly domains: ResourceClient<DomainSpec>
  readonly layers: LayersClient
  /** What functions can run on. */
  readonly runtimes: RuntimesClient
  readonly streams: StreamsClient
  readonly queues: QueuesClient
  /** How much accounts may have, and use. */
  readonly quotas: QuotasClient
  readonly topics: TopicsClient
  /** Named external systems. */
  readonly instances: ResourceClient<InstanceSpec>
  readonly users: ResourceClient<UserSpec>
  readonly consoleLogin: ConsoleLoginClient
  readonly groups: ResourceClient<GroupSpec>
  readonly roles: ResourceClient<RoleSpec>
  readonly policies: PoliciesClient
  /** What named wirings have brought. */
  readonly wirings: ResourceClient<WiringNote>
  private readonly transport: Transport

  constructor(options: ClientOptions) {
    this.transport = new Transport(options)
    this.events = new EventsClient(this.transport)
    this.buses = new ResourceClient(this.transport, '/api/v1/buses')
    this.functions = new FunctionsClient(this.transport)
    this.domains = new ResourceClient(this.transport, '/api/v1/domains')
    this.layers = new LayersClient(this.transport)
    this.runtimes = new RuntimesClient(this.transport)
    this.streams = new StreamsClient(this.transport)
    this.queues = new QueuesClient(this.transport)
    this.quotas = new QuotasClient(this.transport)
    this.topics = new TopicsClient(this.transport)
    this.instances = new ResourceClient(this.transport, '/api/v1/instances')
    this.consoleLogin = new ConsoleLoginClient(this.transport)
    this.users = new ResourceClient(this.transport, '/api/v1/users')
    this.groups = new ResourceClient(this.transport, '/api/v1/groups')
    this.roles = new ResourceClient(this.transport, '/api/v1/roles')
    this.policies = new PoliciesClient(this.transport, '/api/v1/policies')
    this.wirings = new ResourceClient(this.transport, '/api/v1/wirings')
  }

  /**
   * Publishes to a bus in batches, with a bounded buffer and retries. Close it (`await using`), so that nothing that it holds
   * is left behind.
   */
  publisher(bus: string, options: BatchPublisherOptions = {}): BatchPublisher {
    return new BatchPublisher((body, signal) => this.events.publishText(bus, body, signal), options)
  }

  /** The keys of one user. */
  accessKeys(user: string): AccessKeysClient {
    return new AccessKeysClient(this.transport, user)
  }

  /** Takes on a role for a while. */
  assumeRole(role: string, options: RoleSessionOptions): Promise<RoleSession> {
    return this.transport.json('POST', `/api/v1/roles/${encodeURIComponent(role)}/sessions`, options)
  }

  /** Who the key of this client stands for. */
  caller(): Promise<Caller> {
    return this.transport.json('GET', '/api/v1/caller')
  }

  /** Whether `user/NAME`, `role/NAME` or `root` may do something, and which statement decides; `policies.explain` asks with tags. */
  explainAccess(principal: string, action: string, resource: string): Promise<AccessExplanation> {
    return this.policies.explain(principal, action, resource)
  }

  /** Generates the least policy that a rule, stream or function can do with. */
  neededPolicy(wired: Wired): Promise<NeededPolicy> {
    return this.transport.json('GET', neededPolicyPath(wired))
  }

  /** Generates the least policy of each role that a wiring names; nothing of it need be there yet. */
  async neededPolicies(wiring: WiringParts): Promise<RolePolicy[]> {
    const { roles } = await this.transport.json<{ roles: RolePolicy[] }>(
      'POST',
      '/api/v1/needed-policies',
      wiring,
    )
    return roles
  }

  /** The rules of one bus. */
  rules(bus: string): ResourceClient<RuleSpec> {
    return new ResourceClient(this.transport, `/api/v1/buses/${encodeURIComponent(bus)}/rules`)
  }

  /** The published versions of one function. */
  functionVersions(name: string): VersionsClient {
    return new VersionsClient(this.transport, name)
  }

  functionAliases(name: string): ResourceClient<AliasSpec> {
    return new ResourceClient(this.transport, `/api/v1/functions/${encodeURIComponent(name)}/aliases`)
  }

  functionTriggers(name: string): ResourceClient<TriggerSpec> {
    return new ResourceClient(this.transport, `/api/v1/functions/${encodeURIComponent(name)}/triggers`)
  }

  /** Settings of asynchronous calls, by qualifier. */
  functionAsync(name: string): ResourceClient<AsyncSpec> {
    return new ResourceClient(this.transport, `/api/v1/functions/${encodeURIComponent(name)}/async`)
  }

  /** Instances that are kept, by qualifier. */
  functionScaling(name: string): ResourceClient<ScalingSpec> {
    return new ResourceClient(this.transport, `/api/v1/functions/${encodeURIComponent(name)}/scaling`)
  }

  pauseTarget(bus: string, rule: string, target: string): Promise<void> {
    return this.transport.json('POST', `${targetPath(bus, rule, target)}/pause`)
  }

  /** Lets a paused or blocked target go on; with `lane`, only that parked key. */
  resumeTarget(bus: string, rule: string, target: string, lane?: string): Promise<void> {
    return this.transport.json(
      'POST',
      `${targetPath(bus, rule, target)}/resume`,
      lane === undefined ? {} : { lane },
    )
  }

  startReplay(bus: string, request: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.transport.json('POST', `/api/v1/buses/${encodeURIComponent(bus)}/replays`, request)
  }

  /** Which instances of a function run on the node that answers. */
  functionStatus(name: string): Promise<FunctionStatus> {
    return this.transport.json('GET', `/api/v1/functions/${encodeURIComponent(name)}/status`)
  }

  /** Uploads a code package, path → bytes, and answers the name to put into a function's `code`. */
  async uploadCode(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    const encoded = Object.fromEntries([...files].map(([path, bytes]) => [path, toBase64(bytes)]))
    const { code } = await this.transport.json<{ code: string }>('POST', '/api/v1/code', { files: encoded })
    return code
  }

  /** Uploads a code package as a zip, which is kept as it is. */
  uploadZip(zip: Uint8Array): Promise<UploadedCode> {
    return this.transport.json('POST', '/api/v1/code', undefined, {
      body: zip,
      headers: { 'content-type': 'application/zip' },
    })
  }

  /** The zip of a code package. */
  async downloadCode(code: string): Promise<Uint8Array> {
    const response = await this.transport.send('GET', `/api/v1/code/${encodeURIComponent(code)}`)
    return new Uint8Array(await response.arrayBuffer())
  }

  /** Calls a function and waits; the answer is what its handler returned. See `call` for what else there is to know. */
  async invoke(name: string, payload: Uint8Array | string, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.call(name, payload, signal === undefined ? {} : { signal })).payload
  }

  /** Calls a function and waits as long as the function may run; a failure of its code is a MillraceError. */
  async call(name: string, payload: Uint8Array | string, options: CallOptions = {}): Promise<Invocation> {
    const response = await this.transport.send('POST', invocationPath(name, options), {
      body: payload,
      headers: callHeaders(options),
      signal: options.signal,
      streaming: true,
    })
    const { headers } = response
    return {
      requestId: headers.get(requestIdHeader) ?? '',
      version: headers.get('x-millrace-version') ?? undefined,
      durationMs: Number(headers.get('x-millrace-duration-ms') ?? Number.NaN),
      contentType: headers.get('content-type') ?? undefined,
      payload: new Uint8Array(await response.arrayBuffer()),
    }
  }

  /** Accepts a call to be made later, with retries; resolves once it is durable. */
  async callLater(
    name: string,
    payload: Uint8Array | string,
    options: CallLaterOptions = {},
  ): Promise<{ requestId: string; taskId?: string }> {
    const { taskId, delayMs, signal } = options
    return this.transport.json('POST', invocationPath(name, options), undefined, {
      body: payload,
      headers: {
        ...callHeaders(options),
        'x-millrace-invocation-type': 'async',
        ...(taskId === undefined ? {} : { 'x-millrace-task-id': taskId }),
        ...(delayMs === undefined ? {} : { 'x-millrace-delay-ms': String(delayMs) }),
      },
      signal,
    })
  }

  /** Where an HTTP trigger of a function is called. */
  async functionUrl(name: string, qualifier = 'LATEST'): Promise<string> {
    const { account } = await this.transport.json<{ account: string }>('GET', '/api/v1/status')
    const parts = [account, name, ...(qualifier === 'LATEST' ? [] : [qualifier])]
    return `${this.transport.base}/fn/${parts.map(encodeURIComponent).join('/')}/`
  }

  /** Where a stream takes requests, when its source is one that is called. */
  async streamUrl(name: string): Promise<string> {
    const { account } = await this.transport.json<{ account: string }>('GET', '/api/v1/status')
    return `${this.transport.base}/hooks/${[account, name].map(encodeURIComponent).join('/')}`
  }

  /** The newest lines of a function that are kept. */
  async functionLogs(name: string, query: FunctionLogsQuery = {}): Promise<LogLine[]> {
    return (await this.transport.json<{ items: LogLine[] }>('GET', logsPath(name, query))).items
  }

  /** The kept lines of a function, then new ones, until the signal aborts or the server goes away. */
  async *tailFunctionLogs(
    name: string,
    signal?: AbortSignal,
    query: FunctionLogsQuery = {},
  ): AsyncGenerator<LogLine> {
    for await (const { data } of this.transport.events(logsPath(name, query), signal)) {
      yield JSON.parse(data) as LogLine
    }
  }

  /** Would this pattern match this event, and if not, why not? */
  testPattern(event: unknown, pattern: unknown, dialect?: 'standard' | 'aliyun'): Promise<PatternVerdict> {
    return this.transport.json('POST', '/api/v1/test-pattern', {
      event,
      pattern,
      ...(dialect === undefined ? {} : { dialect }),
    })
  }

  /** The OpenAPI document of the server. */
  openApi(): Promise<OpenApi> {
    return this.transport.json('GET', '/api/v1/openapi.json')
  }

  /** The installed connectors with the schemas of their options. */
  async connectors(): Promise<ConnectorInfo[]> {
    return (await this.transport.json<{ items: ConnectorInfo[] }>('GET', '/api/v1/connectors')).items
  }

  status(): Promise<Record<string, unknown>> {
    return this.transport.json('GET', '/api/v1/status')
  }

  /** Resolves with true when the server serves, false when it cannot be reached or is not ready. */
  async isReady(): Promise<boolean> {
    try {
      await this.transport.send('GET', '/readyz')
      return true
    } catch {
      return false
    }
  }
}

/** Makes a client. It connects at the first call. */
export function createClient(options: ClientOptions): Client {
  return new Client(options)
}

const requestIdHeader = 'x-millrace-request-id'

function callHeaders({ requestId }: CallOptions): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }),
  }
}

function invocationPath(name: string, { qualifier }: CallOptions): string {
  const query = qualifier === undefined ? '' : `?qualifier=${encodeURIComponent(qualifier)}`
  return `/api/v1/functions/${encodeURIComponent(name)}/invocations${query}`
}

function logsPath(name: string, { requestId, limit }: FunctionLogsQuery): string {
  const query = new URLSearchParams()
  if (requestId !== undefined) query.set('requestId', requestId)
  if (limit !== undefined) query.set('limit', String(limit))
  const text = query.size === 0 ? '' : `?${query.toString()}`
  return `/api/v1/functions/${encodeURIComponent(name)}/logs${text}`
}

function targetPath(bus: string, rule: string, target: string): string {
  const parts = [bus, rule, target].map(encodeURIComponent)
  return `/api/v1/buses/${parts[0]}/rules/${parts[1]}/targets/${parts[2]}`
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
