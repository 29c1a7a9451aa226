import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot, type ServerProcess } from '../../tools/process/index.ts'
import { millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

const password = 'correct horse battery'

test('a user whose password was set on the command line is signed in, also after the server was killed, until the session is revoked', {
  timeout: testLimitMs,
}, async () => {
  const server = await runningServer(await temporaryFolder())
  const environment = environmentOf(server)
  await server.client().users.put('alice', { policies: ['ReadOnlyAccess'] })
  const set = setPassword('alice', `${password}\n`, environment)
  expect(set.out, set.error).toContain('password of alice; sessions ended: 0')
  const short = setPassword('alice', 'short\n', environment)
  expect([short.status, short.error]).toEqual([1, expect.stringContaining('[login.password-invalid]')])

  const cookie = await signIn(server)
  await server.kill()
  await server.start()
  const page = await fetch(`${server.url}/console/`, { headers: { cookie } })
  expect(await page.text()).toContain('user/alice</strong> by password')

  const listed = await millrace(['session', 'ls'], environment)
  expect(listed.out).toContain('user/alice')
  const [id = ''] = /[0-9a-f]{32}/.exec(listed.out) ?? []
  const revoked = await millrace(['session', 'revoke', id], environment)
  expect(revoked.status, revoked.error).toBe(0)
  const after = await fetch(`${server.url}/console/`, { headers: { cookie }, redirect: 'manual' })
  expect(after.headers.get('location')).toBe('/console/login')
})

/** What a program pipes into the command. */
function setPassword(name: string, input: string, environment: Record<string, string>) {
  const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'user', 'password', name], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    input,
    encoding: 'utf8',
  })
  return { status, out: stdout, error: stderr }
}

/** The cookie of a new session. */
async function signIn(server: ServerProcess): Promise<string> {
  const { status, headers } = await fetch(`${server.url}/console/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: server.url },
    body: new URLSearchParams({ name: 'alice', password }),
  })
  expect(status).toBe(303)
  return headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
}
