import { cp, mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildGo, go } from '../../../tools/go/index.ts'
import { firstEvent, logTexts, startExampleServer } from '../../testing.ts'

test.skipIf(go === undefined)(
  `an order reaches the function in Go, and one that it refuses the dead letters${go === undefined ? ' (needs go: the function is built)' : ''}`,
  async () => {
    const example = join(import.meta.dirname, '..')
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-fn-go-'))
    const wiring = folder.path
    const build = join(wiring, 'functions/total/build')
    await mkdir(build, { recursive: true })
    await cp(join(example, 'millrace.config.yaml'), join(wiring, 'millrace.config.yaml'))
    await cp(await buildGo(join(example, 'functions/total')), join(build, 'main'))
    await using server = await startExampleServer()
    await server.millrace('apply', wiring)
    const { client } = server
    const placed = (data: unknown) => ({ source: '/shop', type: 'order.placed', data })
    await client.events.publish('orders', placed({ id: 'a1', items: [{ price: 7, amount: 6 }] }))
    await expect
      .poll(() => logTexts(client, 'total'), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('order a1 costs 42'))
    await client.events.publish('orders', placed({ id: 'a2', items: [] }))
    expect(await firstEvent(client, 'unpriced')).toMatchObject({ data: { id: 'a2' } })
  },
  300_000,
)
