import { afterAll, beforeAll, expect, test } from 'vitest'
import { rpcSignature, rpcStringToSign } from '../../src/auth/signatures/index.ts'
import { busKey } from '../../src/resources/index.ts'
import { credential, startServer, testAccount, type TestServer } from './harness.ts'

/* Calls of the RPC style are recorded, whichever part of the request has their parameters. */
let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Recorded {
  readonly subject: string
  readonly data: {
    readonly eventName: string
    readonly errorCode?: string
    readonly requestParameters: Readonly<Record<string, unknown>>
  }
}

async function recorded(eventName: string): Promise<Recorded[]> {
  await server.audit.settled()
  const key = busKey(testAccount, 'default')
  const entries = await server.services.eventLogs.read(key, 1, { entriesMax: 1_000, bytesMax: 5_000_000 })
  const events = entries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Recorded)
  return events.filter(({ data }) => data.eventName === eventName)
}

let nonces = 0
async function call(
  method: 'GET' | 'POST',
  members: Record<string, string>,
  secret: string,
): Promise<number> {
  const parameters = new Map(
    Object.entries({
      ...members,
      AccessKeyId: credential.accessKeyId,
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: `n-${nonces++}`,
      SignatureVersion: '1.0',
      Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      Version: '2015-05-01',
    }),
  )
  parameters.set('Signature', rpcSignature(rpcStringToSign(method, parameters), secret))
  const form = new URLSearchParams([...parameters])
  const response =
    method === 'GET'
      ? await fetch(`${server.listener.url}/?${form.toString()}`)
      : await fetch(`${server.listener.url}/`, { method: 'POST', body: form })
  await response.arrayBuffer()
  return response.status
}

test.each(['GET', 'POST'] as const)(
  'a change by %s is recorded with what it names, once it is answered',
  async method => {
    const UserName = `made-by-${method}`
    const members = { Action: 'CreateUser', UserName, Comments: 'planted-in-comments' }
    expect(await call(method, members, credential.accessKeySecret)).toBe(200)
    const events = (await recorded('CreateUser')).filter(({ subject }) =>
      subject.endsWith(`user/${UserName}`),
    )
    expect(events).toMatchObject([{ data: { requestParameters: { UserName, Action: 'CreateUser' } } }])
    expect(JSON.stringify(events)).not.toContain('planted-in-comments')
  },
)

test.each(['GET', 'POST'] as const)('who used a key without its secret by %s is recorded', async method => {
  const before = (await recorded('Authenticate')).length
  expect(await call(method, { Action: 'ListUsers' }, 'wrong')).toBe(400)
  await expect
    .poll(async () => (await recorded('Authenticate')).slice(before), { timeout: 5_000 })
    .toMatchObject([{ subject: `acs:ram::${testAccount}:accesskey/${credential.accessKeyId}` }])
})
