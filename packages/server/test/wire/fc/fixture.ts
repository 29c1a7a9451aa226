import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type functionCompute from '@alicloud/fc20230330'
import yazl from 'yazl'
import { startServer } from '../../../src/app/index.ts'

export const accessKeyId = 'testAK'
export const accessKeySecret = 'testSK'
export const account = '1000000000000001'
export const region = 'cn-hangzhou'

/** A runtime that is surely there: that of these tests. */
export const runtime = `nodejs${process.versions.node.split('.', 1)[0]}`

const require = createRequire(import.meta.url)

/** Loaded as its users' programs do, so that no bundler's idea of a default export comes in between. */
export const sdk3 = require('@alicloud/fc20230330') as typeof functionCompute

/** The vendor's client of the third generation, as its users make it. */
export type Client3 = InstanceType<typeof sdk3.default>

/** A request or an input of the client of the third generation, made of the class that the client has for it. */
export function model(name: string, fields: object): never {
  const Model = (sdk3 as unknown as Record<string, new (fields: object) => never>)[name]
  if (Model === undefined) throw new Error(`the client has no ${name}`)
  return new Model(fields)
}

/** Names of the actions of the client of the third generation. */
export const client3Actions = Object.getOwnPropertyNames(sdk3.default.prototype).flatMap(
  method => actionOf3(method) ?? [],
)

/** Each action has a method of its name, and one that takes options besides. */
export function actionOf3(method: string): string | undefined {
  const [, first, rest] = /^([a-z])(\w+?)(?:WithOptions)?$/.exec(method) ?? []
  const isAction = `${method.replace(/WithOptions$/, '')}WithOptions` in sdk3.default.prototype
  return first === undefined || !isAction ? undefined : first.toUpperCase() + rest
}

/** What the client of the second generation resolves with. */
export interface Answer2 {
  readonly headers: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
}

/** What is used of the client of the second generation, which brings no types. */
export type Client2 = Readonly<Record<string, (...given: unknown[]) => Promise<Answer2>>>
const Sdk2 = require('@alicloud/fc2') as new (account: string, config: object) => Client2

/** Names of the methods of the client of the second generation. */
export const client2Methods = Object.getOwnPropertyNames(Sdk2.prototype)

export interface FcServer extends AsyncDisposable {
  readonly url: string
  /** Host and port. */
  readonly endpoint: string
  client3(settings?: Record<string, unknown>): Client3
  client2(settings?: Record<string, unknown>): Client2
  /** By the platform's own API. */
  rest(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Record<string, unknown> }>
}

/** The whole server in this process, over the memory driver. */
export async function startFcServer(environment: Record<string, string> = {}): Promise<FcServer> {
  const owned = new AsyncDisposableStack()
  const dataPath = await mkdtemp(join(tmpdir(), 'millrace-fc-'))
  owned.defer(() => rm(dataPath, { recursive: true, force: true }))
  const server = owned.use(
    await startServer({
      environment: {
        PATH: process.env['PATH'],
        MILLRACE_LISTEN: '127.0.0.1:0',
        MILLRACE_DATA: dataPath,
        MILLRACE_STORAGE: 'memory',
        MILLRACE_LOG: 'silent',
        MILLRACE_ACCOUNT_ID: account,
        MILLRACE_REGION: region,
        MILLRACE_ACCESS_KEY_ID: accessKeyId,
        MILLRACE_ACCESS_KEY_SECRET: accessKeySecret,
        MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
        ...environment,
      },
    }),
  )
  const endpoint = new URL(server.url).host
  return {
    url: server.url,
    endpoint,
    client3: settings => newClient3(endpoint, settings),
    client2: settings => newClient2(server.url, settings),
    async rest(method, path, body) {
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${accessKeyId}.${accessKeySecret}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      })
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export function newClient3(endpoint: string, settings: Record<string, unknown> = {}): Client3 {
  const config = { accessKeyId, accessKeySecret, endpoint, protocol: 'HTTP', regionId: region, ...settings }
  return new sdk3.default(config as never)
}

export function newClient2(url: string, settings: Record<string, unknown> = {}): Client2 {
  return new Sdk2(account, {
    accessKeyID: accessKeyId,
    accessKeySecret,
    region,
    endpoint: url,
    ...settings,
  })
}

/** A zip of some files, in base64. Times are fixed, so that the same files make the same zip. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<string> {
  const zip = new yazl.ZipFile()
  for (const [path, text] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(text), path, { mtime: new Date('2026-01-01T00:00:00Z'), mode: 0o100644 })
  }
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('base64')
}

/** The code of a call that must fail; `undefined` when it did not. */
export async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (thrown) {
    return String((thrown as { code?: unknown }).code)
  }
}
