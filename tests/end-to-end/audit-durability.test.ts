import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'
import { testLimitMs } from './command.ts'
import { temporaryFolder } from './place.ts'

const lanes = 4
const answersBeforeKill = 40

/** The names of a record that this test looks at. */
interface Recorded {
  readonly eventName: string
  readonly resourceName?: string
  readonly errorCode?: string
}

test('a call that was answered is on the built-in bus after the server was killed, in the order of its caller', {
  timeout: testLimitMs,
}, async () => {
  const server = await ServerProcess.prepare(join(await temporaryFolder(), 'state'), {
    MILLRACE_SANDBOX: 'process',
  })
  onTestFinished(() => server.kill())
  await server.start()
  const answered: string[] = []
  const killed = Promise.withResolvers<void>()
  const work = async (lane: number): Promise<void> => {
    const client = server.client()
    for (let index = 0; ; index++) {
      const name = `lane-${lane}-bus-${index}`
      await client.buses.put(name, {})
      answered.push(name)
      // What is refused is recorded no less.
      const refusal = `refused-${lane}-${index}`
      await client.buses.delete(refusal).catch((thrown: unknown) => {
        if (!String(thrown).includes(refusal)) throw thrown
        answered.push(refusal)
      })
      if (answered.length >= answersBeforeKill) killed.resolve()
    }
  }
  const callers = Array.from({ length: lanes }, async (_, lane) => {
    await expect(work(lane)).rejects.toThrow()
  })
  await killed.promise
  await server.kill()
  await Promise.all(callers)

  await server.start()
  const { items } = await server.client().events.list('default', { from: 1, limit: 1_000 })
  const recorded = items.map(({ event }) => event.data as Recorded)
  const names = recorded.map(({ resourceName = '' }) => resourceName)
  expect(answered.filter(name => !names.includes(name))).toEqual([])
  for (let lane = 0; lane < lanes; lane++) {
    const ofLane = new RegExp(`^(?:lane|refused)-${lane}-`)
    const seen = names.filter(name => ofLane.test(name))
    const told = answered.filter(name => ofLane.test(name))
    expect(seen.slice(0, told.length)).toEqual(told)
  }
  const refusals = recorded.filter(({ eventName }) => eventName === 'DeleteEventBus')
  expect(new Set(refusals.map(({ errorCode }) => errorCode))).toEqual(new Set(['resource.not-found']))
})
