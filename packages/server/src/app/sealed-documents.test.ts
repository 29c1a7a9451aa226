import { join } from 'node:path'
import type { PluginLog, Storage } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import { expect, test } from 'vitest'
import { SecretBox } from '../auth/index.ts'
import { createPlugins } from '../plugins/index.ts'
import { openResources, type Resources } from '../resources/index.ts'
import { partChecks } from './part-checks.ts'

const account = '1'
const quiet: PluginLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const plugins = await createPlugins({ root: join(import.meta.dirname, '../../../..'), log: quiet })
const secrets = new SecretBox(Buffer.alloc(32, 7))

/** Every secret has this in it, so that one search finds them all. */
const planted = 'planted-secret'
const environment = { PASSWORD: `${planted}-of-the-environment`, SEALED: 'sealed:v1:looks-like-it' }

async function open(storage: Storage): Promise<Resources> {
  const resources: Resources = await openResources(
    {
      documents: storage.documents,
      clock: new FakeClock(),
      openLog: async () => {},
      nextPosition: () => 1,
      routedPosition: async () => 1,
      emptyLog: async () => {},
      checkRule: async (_account, spec) => spec,
      checkFunction: async () => {},
      secrets,
      checkParts: partChecks({
        plugins,
        secrets,
        snapshot: () => resources.snapshots.current(),
        roles: { checkStream: () => {}, checkAsync: () => {} },
        checkCode: async () => {},
      }),
    },
    account,
  )
  return resources
}

const auths = {
  bearer: { kind: 'bearer', tokens: [`${planted}-of-a-bearer`] },
  basic: { kind: 'basic', users: { ada: `${planted}-of-a-user` } },
  jwt: { kind: 'jwt', jwks: { keys: [{ kty: 'oct', k: `${planted}-of-a-key` }] } },
}

test('no document holds an environment, a credential of callers or of a destination in the clear', async () => {
  const storage = await openStorage()
  const resources = await open(storage)
  const foreign = { fc: { certificate: `${planted}-of-an-interface` } }
  await resources.functions.put(account, 'f', { code: 'c', environment, foreign })
  await resources.versions.publish(account, 'f', '')
  for (const [alias, auth] of Object.entries(auths)) {
    await resources.aliases.put(account, 'f', alias, { version: '1' })
    await resources.triggers.put(account, 'f', alias, { kind: 'http', qualifier: alias, auth })
    await resources.domains.put(account, `${alias}.example.com`, { auth, foreign })
  }
  const options = { url: 'https://example.com/', auth: { type: 'bearer', token: `${planted}-of-a-sink` } }
  await resources.async.put(account, 'f', 'LATEST', { onFailure: { connector: 'http', options } })

  const documents = await storage.documents.list('', { limit: 1_000 })
  expect(documents.length).toBeGreaterThan(10)
  const stored = JSON.stringify(documents)
  expect(stored).not.toContain(planted)
  expect(stored).not.toContain(Buffer.from(planted).toString('base64').slice(0, 16))

  const reopened = await open(storage)
  expect(reopened.functions.get(account, 'f').spec.environment).toEqual(environment)
  expect(reopened.versions.get(account, 'f', '1').deployment.spec).toEqual(
    resources.functions.get(account, 'f').spec,
  )
  for (const [alias, auth] of Object.entries(auths)) {
    expect(reopened.triggers.get(account, 'f', alias).spec).toMatchObject({ auth })
    expect(reopened.domains.get(account, `${alias}.example.com`).spec).toMatchObject({ auth, foreign })
  }
  expect(JSON.stringify(secrets.openAll(reopened.async.get(account, 'f', 'LATEST').spec))).toContain(planted)
})

test('an equal environment changes nothing, before and after a restart', async () => {
  const storage = await openStorage()
  const resources = await open(storage)
  await resources.functions.put(account, 'f', { code: 'c', environment })
  await resources.versions.publish(account, 'f', '')
  const spec = { code: 'c', environment: { ...environment } }
  for (const each of [resources, await open(storage)]) {
    expect(await each.functions.put(account, 'f', spec)).toEqual({ created: false, revision: 1 })
    await expect(each.versions.publish(account, 'f', '')).rejects.toMatchObject({
      code: 'resource.unchanged',
    })
  }
})

test('a function whose document was sealed with another key is not taken for one without an environment', async () => {
  const storage = await openStorage()
  await (await open(storage)).functions.put(account, 'f', { code: 'c', environment })
  const stranger = new SecretBox(Buffer.alloc(32, 8))
  const [document] = await storage.documents.list('function/')
  const { sealed } = (document?.value ?? {}) as { sealed: string }
  expect(() => stranger.open(sealed)).toThrow(expect.objectContaining({ code: 'secret.unreadable' }))
})

test.each([
  ['triggers', { kind: 'timer', schedule: '99 * * * * *' }, 'schedule.invalid'],
  ['scaling', { schedules: [{ name: 'a', expression: 'cron(nonsense)', instances: 1 }] }, 'schedule.invalid'],
  ['async', { onSuccess: { bus: 'nowhere' } }, 'rule.sink-invalid'],
] as const)('%s that could never work are refused: %j', async (kind, spec, code) => {
  const resources = await open(await openStorage())
  await resources.functions.put(account, 'f', { code: 'c' })
  await expect(resources[kind].put(account, 'f', 'LATEST', spec)).rejects.toMatchObject({ code })
})
