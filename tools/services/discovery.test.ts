import { expect, test } from 'vitest'
import { findServer, serverNames } from './discovery.ts'

test('every file in servers/ is a server of that name', async () => {
  for (const name of serverNames()) expect((await findServer(name)).name).toBe(name)
})

test('no two servers share a default port, and no port is one that systems give to outgoing connections', async () => {
  const ports: number[] = []
  for (const name of serverNames()) {
    const server = await findServer(name)
    ports.push(server.lockPort, ...Object.values(server.ports))
  }

  expect(new Set(ports).size).toBe(ports.length)
  expect(Math.max(...ports)).toBeLessThan(20_000)
  expect(Math.min(...ports)).toBeGreaterThan(10_000)
})

test('a name that is none is refused with those there are', async () => {
  await expect(findServer('kafak')).rejects.toThrow(/there is no server kafak; there are .*kafka/)
})
