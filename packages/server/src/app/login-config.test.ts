import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from './config.ts'
import { withSecret } from './login-config.ts'

const provider = { MILLRACE_OIDC_ISSUER: 'https://id.example.com', MILLRACE_OIDC_CLIENT_ID: 'millrace' }

describe('how people sign in to the console, from the environment', () => {
  test('an empty environment has no provider, and sessions of half a day', () => {
    expect(readConfig({}).login).toEqual({
      consoleUrl: undefined,
      sessionMs: 43_200_000,
      idleMs: 3_600_000,
      oidc: undefined,
    })
  })

  test('a provider is named by its issuer; who people are is said by pairs, in their order', () => {
    const { login } = readConfig({
      ...provider,
      MILLRACE_CONSOLE_URL: 'https://events.example.com/',
      MILLRACE_OIDC_USER_CLAIM: 'email',
      MILLRACE_OIDC_USERS: 'a@example.com=alice, b=2@example.com=bob',
      MILLRACE_OIDC_ROLE_CLAIM: 'groups',
      MILLRACE_OIDC_ROLES: 'admins=operate,everybody=read',
    })
    expect(login.consoleUrl).toBe('https://events.example.com')
    expect(login.oidc).toMatchObject({
      scopes: 'openid profile email',
      userClaim: 'email',
      roleClaim: 'groups',
    })
    expect([...(login.oidc?.users ?? [])]).toEqual([
      ['a@example.com', 'alice'],
      ['b=2@example.com', 'bob'],
    ])
    expect([...(login.oidc?.roles ?? [])].map(([group]) => group)).toEqual(['admins', 'everybody'])
  })

  test.each([
    [{ MILLRACE_CONSOLE_URL: 'https://events.example.com/console' }, 'an origin'],
    [{ MILLRACE_CONSOLE_URL: 'events.example.com' }, 'an origin'],
    [{ MILLRACE_CONSOLE_SESSION_HOURS: '0' }, 'from 1 to 720'],
    [{ MILLRACE_CONSOLE_IDLE_MINUTES: 'long' }, 'from 1 to 43200'],
    [{ MILLRACE_OIDC_CLIENT_ID: 'millrace' }, 'MILLRACE_OIDC_ISSUER is "missing"'],
    [{ MILLRACE_OIDC_ISSUER: 'https://id.example.com' }, 'MILLRACE_OIDC_CLIENT_ID is "missing"'],
    [{ ...provider, MILLRACE_OIDC_ISSUER: 'http://id.example.com' }, 'an https address'],
    [{ ...provider, MILLRACE_OIDC_ROLE_CLAIM: 'groups' }, 'set together with MILLRACE_OIDC_ROLES'],
    [{ ...provider, MILLRACE_OIDC_USERS: 'alice' }, 'VALUE=NAME'],
    [
      { ...provider, MILLRACE_OIDC_CLIENT_SECRET: 'a', MILLRACE_OIDC_CLIENT_SECRET_FILE: '/b' },
      'unset beside',
    ],
    [{ MILLRACE_OIDC_ISSUR: 'https://id.example.com' }, 'did you mean MILLRACE_OIDC_ISSUER'],
  ])('%j is refused', (environment, reason) => {
    expect(() => readConfig(environment)).toThrow(reason)
  })

  test('the secret of the client may lie in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-login-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'secret')
    const config = readConfig({ ...provider, MILLRACE_OIDC_CLIENT_SECRET_FILE: path })
    await expect(withSecret(config)).rejects.toMatchObject({ code: 'config.invalid' })
    await writeFile(path, 'a secret\n')
    expect((await withSecret(config)).oidc?.clientSecret).toBe('a secret')
  })
})
