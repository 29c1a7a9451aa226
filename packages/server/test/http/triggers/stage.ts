import { expect } from 'vitest'
import { startServer, testAccount, type TestServer } from '../harness.ts'

/** A server with functions behind HTTP triggers. */
export interface Stage extends AsyncDisposable {
  readonly server: TestServer
  /** Puts a function in place; `code` is the text of its module. */
  put(name: string, code: string, further?: { readonly runtime?: string }): Promise<void>
  trigger(name: string, spec: Record<string, unknown>, triggerName?: string): Promise<void>
  domain(host: string, spec: Record<string, unknown>): Promise<void>
  /** A request to the address of a function. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export async function openStage(): Promise<Stage> {
  const server = await startServer()
  const { resources, functions } = server.services
  return {
    server,
    async put(name, code, further = {}) {
      const isPython = further.runtime?.startsWith('python') === true
      const files = new Map([[isPython ? 'index.py' : 'index.mjs', Buffer.from(code)]])
      const spec = { handler: 'index.handler', code: await functions.uploadCode(files), ...further }
      await resources.functions.put(testAccount, name, spec)
    },
    async trigger(name, spec, triggerName = 'web') {
      await resources.triggers.put(testAccount, name, triggerName, { kind: 'http', ...spec })
    },
    async domain(host, spec) {
      await resources.domains.put(testAccount, host, spec)
    },
    fetch: (path, init) =>
      fetch(`${server.listener.url}/fn/${testAccount}${path}`, { redirect: 'manual', ...init }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Anybody may call. */
export const open = { auth: { kind: 'none' } }

/** Gives the event back. */
export const echo = 'export const handler = async event => event'

export async function expectRefusal(response: Response, status: number, code: string): Promise<string> {
  const body = (await response.json()) as Record<string, string>
  expect({ status: response.status, code: body['Code'] }).toEqual({ status, code })
  expect(body).toMatchObject({ RequestId: response.headers.get('x-fc-request-id'), ErrorCode: code })
  return body['Message'] ?? ''
}
