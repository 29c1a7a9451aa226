import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf, model, runtime, startFcServer, zipOf } from './fixture.ts'

test('an account sees nothing of another, whatever it names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fc-accounts-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const keys = ['1', '2'].map(account => ({
    accessKeyId: `key${account}`,
    accessKeySecret: 'secret',
    account,
  }))
  await writeFile(join(folder, 'credentials.json'), JSON.stringify({ keys }), { mode: 0o600 })
  await using server = await startFcServer({
    MILLRACE_DATA: folder,
    MILLRACE_ACCOUNT_ID: '1',
    MILLRACE_ACCESS_KEY_ID: '',
    MILLRACE_ACCESS_KEY_SECRET: '',
  })
  const [own, other] = keys.map(({ accessKeyId, accessKeySecret }) =>
    server.client3({ accessKeyId, accessKeySecret }),
  )
  const stranger = server.client2({ accessKeyID: 'key2', accessKeySecret: 'secret' })
  const owner = server.client2({ accessKeyID: 'key1', accessKeySecret: 'secret' })
  const call = (client: typeof stranger, method: string, ...given: unknown[]) =>
    Reflect.apply(client[method] ?? (() => Promise.reject(new Error(method))), client, given)
  const code = { zipFile: await zipOf({ 'index.js': 'exports.handler = async () => 1' }) }
  const body = model('CreateFunctionInput', { functionName: 'f', runtime, handler: 'index.handler', code })
  await own?.createFunction(model('CreateFunctionRequest', { body }))
  await call(owner, 'createService', 'shop')

  const arn = 'acs:fc:cn-hangzhou:1:functions/f'
  expect(await codeOf(other?.getFunction('f', model('GetFunctionRequest', {})) ?? Promise.resolve())).toBe(
    'FunctionNotFound',
  )
  expect((await other?.listFunctions(model('ListFunctionsRequest', {})))?.body?.functions).toEqual([])
  const tag = [model('Tag', { key: 'a', value: 'b' })]
  const tagging = model('TagResourcesInput', { resourceId: [arn], resourceType: 'function', tag })
  expect(
    await codeOf(other?.tagResources(model('TagResourcesRequest', { body: tagging })) ?? Promise.resolve()),
  ).toBe('FunctionNotFound')
  expect(await codeOf(call(stranger, 'getService', 'shop'))).toBe('ServiceNotFound')
  expect((await call(stranger, 'listServices')).data).toEqual({ services: [] })
  // The same names are free for the other account.
  await call(stranger, 'createService', 'shop')
  await other?.createFunction(model('CreateFunctionRequest', { body }))
  await other?.deleteFunction('f')
  expect((await own?.getFunction('f', model('GetFunctionRequest', {})))?.body?.functionArn).toBe(arn)
})
