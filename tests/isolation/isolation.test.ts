import { readdir } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leftovers, waitUntil } from './leftovers.ts'
import { networkObstacle, obstacle, Place, type Who } from './place.ts'

const off = { network: 'off' } as const
/** Errors of the kernel, by its numbers. */
const operationNotPermitted = 1
const noSuchCall = 38
const noSuchAddressFamily = 97

for (const who of ['root', 'an ordinary user'] satisfies Who[]) {
  const missing = obstacle(who)
  const title = `with a server run by ${who}`
  describe.skipIf(missing !== undefined)(missing === undefined ? title : `${title} (${missing})`, () => {
    test('JavaScript gets hold of nothing that is not its own', async () => {
      const place = await Place.open(who, 'bubblewrap')
      const stop = await place.keepCalling()
      const facts = await place.facts()
      await place.defineFrom('intruder', 'intruder.mjs', off)

      const results = await place.ask<Record<string, string>>('intruder', 'all', facts)

      expect(Object.keys(results).length).toBeGreaterThan(25)
      const escapes = Object.entries(results).filter(([, result]) => result.startsWith('got '))
      expect(escapes).toEqual([])
      expect((await stop()).failures).toEqual([])
    })

    const apart = who === 'root' ? networkObstacle() : 'needs /dev/net/tun: only root can be sure to open it'
    const reach = 'code with the network on reaches nothing of the machine'
    test.skipIf(apart !== undefined)(apart === undefined ? reach : `${reach} (${apart})`, async () => {
      const place = await Place.open(who, 'bubblewrap')
      const only = ["the server's port", 'another port of the machine', "the machine's own address"]
      const facts = { ...(await place.facts()), only }
      await place.defineFrom('intruder', 'intruder.mjs', { network: 'on' })
      await place.defineFrom('named', 'intruder.mjs', { network: { allow: [facts.address] } })

      for (const name of ['intruder', 'named']) {
        const results = await place.ask<Record<string, string>>(name, 'all', facts)
        expect(Object.keys(results)).toEqual(only)
        expect(Object.values(results).filter(result => result.startsWith('got '))).toEqual([])
      }
    })

    test('Python gets hold of nothing that is not its own', async () => {
      const place = await Place.open(who, 'bubblewrap')
      const facts = await place.facts()
      await place.defineFrom('intruder', 'intruder.py', off)

      const results = await place.ask<Record<string, string>>('intruder', 'everything', facts)

      expect(Object.keys(results).length).toBeGreaterThan(7)
      expect(Object.entries(results).filter(([, result]) => result.startsWith('got '))).toEqual([])
    })

    test.skipIf(arch() !== 'x64')('the system calls that could open a way out are refused', async () => {
      const place = await Place.open(who, 'bubblewrap')
      await place.defineFrom('intruder', 'intruder.py', off)

      const { clone3, packets, vsock, crypto, ...others } = await place.ask<Record<string, number>>(
        'intruder',
        'refusals',
      )

      expect({ clone3, packets, vsock, crypto }).toEqual({
        clone3: noSuchCall,
        packets: noSuchAddressFamily,
        vsock: noSuchAddressFamily,
        crypto: noSuchAddressFamily,
      })
      expect(Object.keys(others).length).toBe(20)
      expect(Object.entries(others).filter(([, errno]) => errno !== operationNotPermitted)).toEqual([])
    })

    test('others are served while code takes all the memory, processes and disk it can get', async () => {
      const place = await Place.open(who, 'bubblewrap')
      const stop = await place.keepCalling()
      const small = { ...off, memoryMiB: 192, diskMiB: 16, instancesMax: 1 }
      await place.defineFrom('intruder', 'intruder.mjs', small)
      await place.defineFrom('forker', 'intruder.py', small)

      const filled = await place.ask<{ mebibytes: number; code: string }>('intruder', 'fill')
      expect(filled).toEqual({ mebibytes: 16, code: 'ENOSPC' })

      await expect(place.ask('intruder', 'hoard')).rejects.toMatchObject({ code: 'function.exited' })

      const forks = await place
        .ask<{ started: number }>('forker', 'forkBomb')
        .catch((error: unknown) => ({ started: 0, error: String(error) }))
      expect(forks.started).toBeLessThan(1_024)

      await place.ask('intruder', 'killAll').then(
        answer => expect(answer).toBe('tried'),
        (error: unknown) => expect(error).toMatchObject({ code: 'function.exited' }),
      )
      const { calls, failures } = await stop()
      expect(failures).toEqual([])
      expect(calls).toBeGreaterThan(10)
    })

    test('instances end with the launcher of their server, and the next call is served', async () => {
      const place = await Place.open(who, 'bubblewrap')
      const spin =
        'exports.handler = event => { while (String(event) !== "") console.log("spinning"); return "well" }'
      await place.define('spin', 'index.js', spin, { ...off, timeoutMs: 600_000 })
      const refused = place.client.invoke('spin', 'on').catch((error: unknown) => error)
      await waitUntil(async () => (await place.client.functionLogs('spin')).length > 0)
      const before = (await leftovers(place.data)).processes
      process.kill(await place.launcher(), 'SIGKILL')

      expect(await refused).toMatchObject({ code: 'function.exited' })
      await waitUntil(async () => {
        const { processes } = await leftovers(place.data)
        return !processes.some(id => before.includes(id))
      })
      expect(Buffer.from(await place.client.invoke('spin', '')).toString()).toBe('well')
    })

    test('nothing is left when a server is killed and started again', async () => {
      const place = await Place.open(who, 'bubblewrap')
      await place.define('idle', 'index.js', 'exports.handler = async () => "done"', off)
      await place.client.invoke('idle', '')
      const spin = 'exports.handler = () => { console.log("spinning"); for (;;); }'
      await place.define('spin', 'index.js', spin, { ...off, timeoutMs: 600_000 })
      place.client.invoke('spin', '').catch(() => undefined)
      await waitUntil(async () =>
        (await place.client.functionLogs('spin')).some(({ text }) => text.includes('spinning')),
      )
      expect((await leftovers(place.data)).processes.length).toBeGreaterThan(2)

      await place.server.kill()
      await waitUntil(async () => (await leftovers(place.data)).processes.length === 0)
      await place.server.start()

      expect(await readdir(join(place.data, 'run'))).toEqual([])
      expect(await leftovers(place.data)).toEqual({ processes: [], groups: [], mounts: [] })
      await place.server.stop()
      expect(await leftovers(place.data)).toEqual({ processes: [], groups: [], mounts: [] })
    })
  })
}

test('the same attempts succeed where nothing keeps code apart', async () => {
  const place = await Place.open('root', 'process')
  // Only those that look: as root the others would change the machine.
  const only = ['the data folder', 'the credentials', 'a signal to the server', "the server's port"]
  const facts = { ...(await place.facts()), only }
  await place.defineFrom('intruder', 'intruder.mjs')

  const results = await place.ask<Record<string, string>>('intruder', 'all', facts)

  expect(Object.keys(results)).toEqual(only)
  for (const name of only) expect(results[name]).toMatch(/^got /)
})
