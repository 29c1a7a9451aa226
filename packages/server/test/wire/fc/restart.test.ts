import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer2, type FcServer, runtime, startFcServer, zipOf } from './fixture.ts'

test('services, their versions and aliases outlast a restart, and none of what they say lies in the clear', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fc-restart-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const start = () => startFcServer({ MILLRACE_STORAGE: 'lmdb', MILLRACE_DATA: folder })
  const secret = 'acs:ram::1:role/not-for-everybody'
  const kept: unknown[] = []
  {
    await using server = await start()
    await call(server, 'createService', 'shop', { logConfig: { project: secret } })
    const zipFile = await zipOf({ 'index.js': 'exports.handler = async () => process.env.MARK' })
    const definition = { runtime, handler: 'index.handler', code: { zipFile }, timeout: 30 }
    const environmentVariables = { MARK: 'one' }
    await call(server, 'createFunction', 'shop', { functionName: 'f', ...definition, environmentVariables })
    await call(server, 'publishVersion', 'shop', 'first')
    await call(server, 'createAlias', 'shop', 'prod', '1')
    await call(server, 'updateFunction', 'shop', 'f', { environmentVariables: { MARK: 'two' } })
    kept.push(await seen(server))
  }

  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const stored = await Promise.all(
    files.filter(file => file.isFile()).map(file => readFile(join(file.parentPath, file.name))),
  )
  // The names are there to be found, so that what is not found would have been.
  expect(stored.some(bytes => bytes.includes('foreign/fc/service'))).toBe(true)
  expect(stored.some(bytes => bytes.includes(secret))).toBe(false)
  await using server = await start()
  kept.push(await seen(server))
  expect(kept[1]).toEqual(kept[0])
  expect((await call(server, 'invokeFunction', 'shop', 'f', 'x', {}, 'prod')).data).toBe('one')
  expect((await call(server, 'invokeFunction', 'shop', 'f', 'x')).data).toBe('two')
  const next = await call(server, 'publishVersion', 'shop', 'second')
  expect(next.data['versionId']).toBe('2')
})

async function seen(server: FcServer): Promise<unknown> {
  const reads = [
    call(server, 'getService', 'shop'),
    call(server, 'listVersions', 'shop'),
    call(server, 'getAlias', 'shop', 'prod'),
    call(server, 'getFunction', 'shop', 'f', {}, '1'),
  ]
  return (await Promise.all(reads)).map(({ data }) => data)
}

function call(server: FcServer, method: string, ...given: unknown[]): Promise<Answer2> {
  const client = server.client2()
  const member = client[method]
  if (member === undefined) throw new Error(`the client has no ${method}`)
  return Reflect.apply(member, client, given)
}
