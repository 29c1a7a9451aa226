import { expect, test } from 'vitest'
import { underLock } from './lock.ts'
import { closed, freePorts, holdPort } from './ports.ts'

test('ports are distinct, below the range of outgoing connections, and can be listened on', async () => {
  const ports = await freePorts(5)

  expect(new Set(ports).size).toBe(5)
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000)
    expect(port).toBeLessThan(32_000)
    const server = await holdPort(port)
    expect(server).toBeDefined()
    if (server !== undefined) await closed(server)
  }
})

test('a port that another program has is passed over', async () => {
  const [taken = 0, free = 0] = await freePorts(2)
  const server = await holdPort(taken)
  const picks = [taken - 20_000, free - 20_000]

  const ports = await freePorts(1, () => picks.shift() ?? 0)

  expect(ports).toEqual([free])
  expect(await holdPort(taken)).toBeUndefined()
  if (server !== undefined) await closed(server)
})

test('two tasks under one lock run one after the other, also when the first fails', async () => {
  const [port = 0] = await freePorts(1)
  const steps: string[] = []
  const gate = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()

  const first = underLock(port, async () => {
    steps.push('first begins')
    entered.resolve()
    await gate.promise
    steps.push('first ends')
    throw new Error('first failed')
  })
  await entered.promise
  const second = underLock(port, () => {
    steps.push('second')
    return Promise.resolve()
  })
  gate.resolve()

  await expect(first).rejects.toThrow('first failed')
  await second
  expect(steps).toEqual(['first begins', 'first ends', 'second'])
})

test('a lock that is not released in time is reported with its port', async () => {
  const [port = 0] = await freePorts(1)
  const server = await holdPort(port)

  await expect(underLock(port, () => Promise.resolve(), 1)).rejects.toThrow(`127.0.0.1:${port}`)

  if (server !== undefined) await closed(server)
})
