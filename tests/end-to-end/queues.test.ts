import { describe, expect, test } from 'vitest'
import { millrace, patienceMs, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

/** Rounds of the test that kills the server while messages come and go. */
const rounds = 3

describe('queues of a server as a process', { timeout: testLimitMs }, () => {
  test('a killed server loses no message that it acknowledged and brings back none that was deleted', async () => {
    const server = await runningServer(await temporaryFolder())
    const { queues } = server.client()
    await queues.put('jobs', { visibilityMs: 1_000 })
    const sent = new Set<string>()
    const deleted = new Set<string>()
    const received = new Set<string>()
    let next = 0
    let work = new AbortController()
    const produce = async (): Promise<void> => {
      while (!work.signal.aborted) {
        const messages = Array.from({ length: 5 }, () => ({ body: String(next++) }))
        const outcomes = await queues.send('jobs', messages)
        for (const [index, { status }] of outcomes.entries()) {
          if (status === 'sent') sent.add(messages[index]?.body ?? '')
        }
      }
    }
    const consume = async (): Promise<void> => {
      while (!work.signal.aborted) {
        const messages = await queues.receive('jobs', { count: 10, waitMs: 1_000 })
        for (const { body = '' } of messages) {
          received.add(body)
          expect(deleted.has(body), `${body} was deleted`).toBe(false)
        }
        if (messages.length === 0) continue
        const failures = await queues.deleteMessages(
          'jobs',
          messages.map(({ handle }) => handle),
        )
        const failed = new Set(failures.map(({ index }) => index))
        for (const [index, { body = '' }] of messages.entries()) if (!failed.has(index)) deleted.add(body)
      }
    }
    for (let round = 0; round < rounds; round++) {
      work = new AbortController()
      const before = deleted.size
      const ended = Promise.allSettled([produce(), produce(), consume(), consume()])
      await expect.poll(() => deleted.size, { timeout: patienceMs }).toBeGreaterThan(before + 200)
      await server.kill()
      work.abort()
      const faults = (await ended).flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
      expect(faults.filter(fault => fault instanceof Error && fault.name === 'AssertionError')).toEqual([])
      await server.start()
    }
    work = new AbortController()
    const rest = [consume(), consume(), consume()]
    await expect
      .poll(() => [...sent].filter(body => !received.has(body)).length, { timeout: patienceMs })
      .toBe(0)
    work.abort()
    await Promise.all(rest)
    expect(sent.size).toBeGreaterThan(rounds * 200)
  })

  test('the command line makes, fills, looks at, empties and deletes a queue', async () => {
    const environment = environmentOf(await runningServer(await temporaryFolder()))
    const run = async (...args: readonly string[]) => await millrace(['queue', ...args], environment)
    expect((await run('create', 'jobs')).out).toContain('queue jobs')
    expect((await run('send', 'jobs', 'hello', '--priority', '2')).status).toBe(0)
    expect((await run('send', 'jobs', 'later', '--delay', '600')).status).toBe(0)
    expect((await run('ls')).out).toMatch(/jobs\s+1\s+0\s+1/)
    expect((await run('peek', 'jobs')).out).toBe('hello\n')
    expect((await run('receive', 'jobs', '--wait', '5')).out).toBe('hello\n')
    expect((await run('receive', 'jobs')).status).toBe(1)
    expect((await run('rm', 'jobs')).out).toContain('queue jobs')
    expect((await run('send', 'jobs', 'x')).error).toContain('queue.not-found')
  })
})
