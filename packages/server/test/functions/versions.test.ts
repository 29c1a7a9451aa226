import { describe, expect, test } from 'vitest'
import { account, FunctionsBench, functionSpec, until } from './bench.ts'

const tells = `exports.handler = async (event, context) => JSON.stringify({
  process: process.pid,
  version: process.env.FC_FUNCTION_VERSION,
  qualifier: context.service.versionId,
  code: CODE,
})`

interface Told {
  readonly process: number
  readonly version: string
  readonly qualifier: string
  readonly code: string
}

async function ask(bench: FunctionsBench, qualifier?: string): Promise<Told & { ran: string }> {
  const result = await bench.invoke('f', '', qualifier === undefined ? {} : { qualifier })
  expect(result).toMatchObject({ status: 'ok' })
  const payload = result.status === 'ok' ? result.payload : new Uint8Array(0)
  return { ...(JSON.parse(Buffer.from(payload).toString()) as Told), ran: result.metering.version }
}

describe('a function with versions', () => {
  test('runs each in instances of its own, and says which one ran', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"old"'))
    bench.snapshots.publish('f', '1')
    await bench.define('f', tells.replace('CODE', '"new"'))
    const latest = await ask(bench)
    const old = await ask(bench, '1')
    expect(latest).toMatchObject({ version: 'LATEST', qualifier: 'LATEST', code: 'new', ran: 'LATEST' })
    expect(old).toMatchObject({ version: '1', qualifier: '1', code: 'old', ran: '1' })
    expect(old.process).not.toBe(latest.process)
    const { instances } = bench.functions.status(account, 'f')
    expect(instances.map(instance => instance.version).sort()).toEqual(['1', 'LATEST'])
  })

  test('has its limit of instances over all of them together', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"one"'), { instancesMax: 1 })
    bench.snapshots.publish('f', '1')
    await ask(bench)
    await ask(bench, '1')
    await until(() => bench.functions.status(account, 'f').instances.length === 1)
    expect(bench.functions.status(account, 'f').instances).toMatchObject([{ version: '1' }])
  })

  test('lets a waiting version have the place of another as soon as that has nothing to do', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define(
      'f',
      'exports.handler = e => new Promise(done => setTimeout(done, 20, process.env.FC_QUALIFIER))',
      {
        instancesMax: 1,
      },
    )
    bench.snapshots.publish('f', '1')
    const first = bench.invoke('f')
    const second = bench.invoke('f', '', { qualifier: '1' })
    expect((await first).metering.version).toBe('LATEST')
    expect((await second).metering.version).toBe('1')
  })

  test('keeps the instances of a version when LATEST changes, and those of LATEST when only its limits do', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"old"'))
    bench.snapshots.publish('f', '1')
    const [latest, version] = [await ask(bench), await ask(bench, '1')]
    const { code } = bench.snapshots.view('f').spec
    bench.snapshots.set('f', functionSpec(code, { description: 'told', instancesMax: 9, tags: { a: 'b' } }))
    expect((await ask(bench)).process).toBe(latest.process)
    bench.snapshots.set('f', functionSpec(code, { environment: { A: '1' } }))
    expect((await ask(bench)).process).not.toBe(latest.process)
    expect((await ask(bench, '1')).process).toBe(version.process)
  })

  test('refuses a qualifier that names nothing', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"x"'))
    await expect(bench.invoke('f', '', { qualifier: '4' })).rejects.toMatchObject({
      code: 'function.version-not-found',
    })
    await expect(bench.invoke('f', '', { qualifier: 'prod' })).rejects.toMatchObject({
      code: 'function.alias-not-found',
    })
  })
})

describe('a function that may not be called', () => {
  test('says so and why when it is disabled', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"x"'))
    bench.snapshots.change('f', { disabled: 'unpaid' })
    await expect(bench.invoke('f')).rejects.toMatchObject({
      code: 'function.disabled',
      message: 'function f may not be called: unpaid',
    })
  })

  test('is throttled when no instances are reserved for it', async () => {
    await using bench = await FunctionsBench.open()
    await bench.define('f', tells.replace('CODE', '"x"'))
    bench.snapshots.change('f', { reservedInstances: 0 })
    await expect(bench.invoke('f')).rejects.toMatchObject({ code: 'function.throttled' })
  })
})
