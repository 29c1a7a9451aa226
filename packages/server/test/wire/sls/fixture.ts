import { createHash } from 'node:crypto'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { LookupFunction } from 'node:net'
import { slsV1Signature, slsV1StringToSign } from '../../../src/auth/signatures/index.ts'
import { slsInterfaces } from '../../../src/http/sls/index.ts'
import {
  accessKeyId,
  accessKeySecret,
  account,
  startWireServer,
  type WireServer,
} from '../eventbridge/fixture.ts'
import { Exercised } from '../exercised.ts'

export { accessKeyId, accessKeySecret, account }

const require = createRequire(import.meta.url)

/** The vendor's first client; every method is an operation, and its last parameter are options of the HTTP request. */
// oxlint-disable-next-line no-explicit-any -- the client has no types
export type LogClient = Readonly<Record<string, (...values: readonly unknown[]) => Promise<any>>>
type LogClientClass = new (settings: Record<string, unknown>) => LogClient

export interface RawOptions {
  readonly body?: string | Buffer
  readonly headers?: Record<string, string | undefined>
  readonly secret?: string
  /** Replaces the host that names the project. */
  readonly host?: string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  // oxlint-disable-next-line no-explicit-any -- tests look at it
  readonly json: any
}

export interface SlsServer extends WireServer {
  /** As one writes it in the settings of a client: projects are names before it. */
  readonly endpoint: string
  /** Calls a method of the first client, whose connections lead to the server whatever the host. */
  // oxlint-disable-next-line no-explicit-any -- the client has no types
  call(method: string, ...values: readonly unknown[]): Promise<any>
  logClient(settings: Record<string, unknown>): LogClient
  /** A signed request, written by hand. */
  send(method: string, target: string, options?: RawOptions): Promise<RawAnswer>
  /** The options that every call of the first client gets last. */
  readonly options: object
}

/** Answers every name with this machine, as a wildcard in the DNS would. */
export const everywhere: LookupFunction = (_host, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
  else callback(null, '127.0.0.1', 4)
}

/** Parameters of the client's methods that end in data, which may be left out, before the options. */
const dataAt: Readonly<Record<string, number>> = {
  getLogs: 5,
  getHistograms: 5,
  listLogStore: 2,
  getProjectLogs: 2,
}

/** Holds the table of the interface against what clients were answered. */
export function exercisedTable(): Exercised {
  const [table] = slsInterfaces
  if (table === undefined) throw new Error('the interface has a table')
  return new Exercised(table, 'BadRequest')
}

/** The whole server in this process, and the vendor's client, unmodified, pointed at it. */
export async function startSlsServer(): Promise<SlsServer> {
  const server = await startWireServer()
  const { port } = new URL(server.url)
  const endpoint = `log.example.internal:${port}`
  const Client = require('@alicloud/log') as LogClientClass
  const logClient = (settings: Record<string, unknown>): LogClient =>
    new Client({ accessKeyId, accessKeySecret, endpoint: `http://${endpoint}`, ...settings })
  const client = logClient({})
  const agent = new Agent({ lookup: everywhere })
  const options = { agent, timeout: 10_000 }
  return {
    ...server,
    endpoint,
    options,
    logClient,
    call: (method, ...values) => {
      const run = client[method]
      if (run === undefined) throw new Error(`the client has no ${method}`)
      const missing = Math.max(0, (dataAt[method] ?? 0) - values.length)
      return run.call(client, ...values, ...Array.from({ length: missing }, () => ({})), options)
    },
    send: (method, target, raw = {}) => send(Number(port), method, target, raw),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function send(
  port: number,
  method: string,
  target: string,
  { body, headers = {}, secret = accessKeySecret, host = `myproj.log.test:${port}` }: RawOptions,
): Promise<RawAnswer> {
  const all = {
    host,
    date: new Date().toUTCString(),
    'x-log-apiversion': '0.6.0',
    'x-log-signaturemethod': 'hmac-sha1',
    ...(body === undefined
      ? {}
      : {
          'content-type': typeof body === 'string' ? 'application/json' : 'application/x-protobuf',
          'content-md5': createHash('md5').update(body).digest('hex').toUpperCase(),
        }),
    ...headers,
  }
  const signed: Record<string, string> = {}
  for (const [name, value] of Object.entries(all)) if (value !== undefined) signed[name] = value
  if (!('authorization' in headers)) {
    const signature = slsV1Signature(slsV1StringToSign(method, signed, target), secret, 'hmac-sha1')
    signed['authorization'] = `LOG ${accessKeyId}:${signature}`
  }
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path: target, headers: signed },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const isJson = response.headers['content-type'] === 'application/json'
          const json: unknown = isJson ? JSON.parse(bytes.toString()) : undefined
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, json })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
