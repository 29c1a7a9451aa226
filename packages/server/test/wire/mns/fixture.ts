import { createRequire } from 'node:module'
import { mnsSignature, mnsStringToSign } from '../../../src/auth/signatures/index.ts'
import {
  accessKeyId,
  accessKeySecret,
  account,
  startWireServer,
  type WireServer,
} from '../eventbridge/fixture.ts'

export { accessKeyId, accessKeySecret, account }

/** What a call of the vendor's client resolves with. */
export interface MnsAnswer {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  // oxlint-disable-next-line no-explicit-any -- the client has no types
  readonly body: any
}

/** The vendor's client; every method is an operation. */
export type MnsClient = Readonly<Record<string, (...values: readonly unknown[]) => Promise<MnsAnswer>>>

const require = createRequire(import.meta.url)

type ClientClass = new (account: string, options: Record<string, unknown>) => MnsClient

export interface MnsServer extends WireServer {
  readonly mns: MnsClient
  mnsWith(settings: Record<string, unknown>): MnsClient
  /** A signed request, written by hand. */
  send(method: string, target: string, options?: RawOptions): Promise<RawAnswer>
}

export interface RawOptions {
  readonly body?: string
  readonly headers?: Record<string, string | undefined>
  readonly secret?: string
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly code: string | undefined
}

/** The whole server in this process, and the vendor's client, unmodified, pointed at it. */
export async function startMnsServer(): Promise<MnsServer> {
  const server = await startWireServer()
  const Client = require('@alicloud/mns') as ClientClass
  const mnsWith = (settings: Record<string, unknown>): MnsClient =>
    new Client(account, { accessKeyId, accessKeySecret, endpoint: server.url, ...settings })
  return {
    ...server,
    mns: mnsWith({}),
    mnsWith,
    send: (method, target, options) => send(server.url, method, target, options),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function send(
  url: string,
  method: string,
  target: string,
  { body, headers = {}, secret = accessKeySecret }: RawOptions = {},
): Promise<RawAnswer> {
  const signed: Record<string, string> = {}
  const all = {
    date: new Date().toUTCString(),
    'x-mns-version': '2015-06-06',
    ...(body === undefined ? {} : { 'content-type': 'text/xml' }),
    ...headers,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) signed[name] = value
  const signature = mnsSignature(mnsStringToSign(method, signed, target), secret)
  if (!('authorization' in headers)) signed['authorization'] = `MNS ${accessKeyId}:${signature}`
  const response = await fetch(url + target, {
    method,
    headers: signed,
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
  return { status: response.status, headers: response.headers, text, code }
}

/** The other client has no setting for the address: it goes through whatever proxy the environment names. */
export function loadAliMns(): AliMns {
  return require('ali-mns')
}

// oxlint-disable-next-line no-explicit-any -- its types do not compile
type AliMns = any
