import { describe, expect, test } from 'vitest'
import { type Ended, millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

describe('quotas of a server as a process', { timeout: testLimitMs }, () => {
  test('are set, in force, listed with their use, kept over a crash, and set back', async () => {
    const server = await runningServer(await temporaryFolder())
    const root = environmentOf(server)
    const ok = async (...args: string[]): Promise<Ended> => {
      const ended = await millrace(args, root)
      expect(ended.status, `${args.join(' ')}: ${ended.error}`).toBe(0)
      return ended
    }
    const lineOf = async (name: string): Promise<string | undefined> =>
      (await ok('quota', 'ls')).out
        .split('\n')
        .find(line => line.startsWith(`${name} `))
        ?.replaceAll(/\s+/g, ' ')
    const { buses } = server.client()
    await buses.put('orders', {})
    expect(await lineOf('buses')).toContain('buses 1 1000 account count eventbridge 50, aws 100')

    await ok('quota', 'set', 'buses', '1')
    const exceeded = { code: 'resource.limit-exceeded' }
    await expect(buses.put('more', {})).rejects.toMatchObject(exceeded)
    await server.kill()
    await server.start()
    expect(await lineOf('buses')).toContain('buses 1 1 (set) account count')
    await expect(server.client().buses.put('more', {})).rejects.toMatchObject(exceeded)

    await ok('quota', 'reset', 'buses')
    await server.client().buses.put('more', {})
    expect(await lineOf('buses')).toContain('buses 2 1000 account')

    const wrong = await millrace(['quota', 'set', 'busses', '1'], root)
    expect([wrong.status, wrong.error]).toEqual([1, expect.stringContaining('there is no quota busses')])
    const stranger = await millrace(['quota', 'set', 'buses', '1', '--account', '77'], root)
    expect([stranger.status, stranger.error]).toEqual([1, expect.stringContaining('there is no account 77')])
  })
})
