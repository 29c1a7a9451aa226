import { describe, expect, test } from 'vitest'
import { testLimitMs } from './command.ts'
import { runningServer, temporaryFolder } from './place.ts'

const source = `
exports.handler = async event => {
  await new Promise(resolve => setTimeout(resolve, 20))
  if (event.toString() === 'fail') throw new Error('no')
  return 'ok'
}
`

const counts = { total: 200, failing: 20 }

describe('asynchronous calls', { timeout: testLimitMs }, () => {
  test('every call that was accepted comes to its end, through the death of the server in the middle', async () => {
    const server = await runningServer(await temporaryFolder())
    const { MILLRACE_ACCESS_KEY_ID: id, MILLRACE_ACCESS_KEY_SECRET: secret } = server.credentials
    const api = async (method: string, path: string, body?: string, type = 'application/json') => {
      const response = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${id}.${secret}`,
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      })
      return { status: response.status, json: (await response.json()) as Record<string, unknown> }
    }
    const code = await server.client().uploadCode(new Map([['index.js', Buffer.from(source)]]))
    await api('PUT', '/functions/worker', JSON.stringify({ code, instancesMax: 4 }))
    await api('PUT', '/functions/lost', JSON.stringify({ code }))
    const tasks = { tasks: true, retriesMax: 0, onFailure: { function: 'lost' } }
    await api('PUT', '/functions/worker/async/LATEST', JSON.stringify(tasks))
    await api('PUT', '/functions/lost/async/LATEST', JSON.stringify({ tasks: true }))
    const accepted: string[] = []
    for (let index = 0; index < counts.total; index++) {
      const payload = index < counts.failing ? 'fail' : 'work'
      const { status, json } = await api(
        'POST',
        '/functions/worker/invocations?async=true',
        payload,
        'text/plain',
      )
      expect(status).toBe(202)
      accepted.push(String(json['taskId']))
      // In the middle of the work: some have ended, some run, some wait.
      if (index === counts.total / 2) {
        await server.kill()
        await server.start()
      }
    }
    await server.kill()
    await server.start()

    const states = async (): Promise<Record<string, number>> => {
      const seen: Record<string, number> = {}
      for (let after = ''; ; ) {
        const { json } = await api('GET', `/functions/worker/tasks${after}`)
        for (const { status } of json['items'] as { status: string }[]) seen[status] = (seen[status] ?? 0) + 1
        const { next } = json as { next?: string }
        if (next === undefined) return seen
        after = `?after=${encodeURIComponent(next)}`
      }
    }
    const succeeded = counts.total - counts.failing
    await expect.poll(states, { timeout: 60_000 }).toEqual({ Succeeded: succeeded, Failed: counts.failing })
    expect(new Set(accepted).size).toBe(counts.total)
    const told = async (): Promise<number> => {
      const { json } = await api('GET', '/functions/lost/tasks?status=Succeeded')
      return (json['items'] as unknown[]).length
    }
    await expect.poll(told, { timeout: 20_000 }).toBeGreaterThanOrEqual(counts.failing)
  })

  test('a rule that calls a function so has delivered when the call is queued; its outcome goes where the function says', async () => {
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    const code = await client.uploadCode(new Map([['index.js', Buffer.from(source)]]))
    await client.queues.put('lost', {})
    await client.functions.put('worker', { code })
    await client.functionAsync('worker').put('LATEST', { retriesMax: 0, onFailure: { queue: 'lost' } })
    await client.buses.put('shop', {})
    const sink = { function: 'worker', invocation: 'async' } as const
    await client.rules('shop').put('r', {
      pattern: { source: ['/shop'] },
      targets: [{ id: 't', sink, transform: { form: 'JSONPATH', value: '$.data' } }],
    })

    const { position } = await client.events.publish('shop', { source: '/shop', type: 'x', data: 'fail' })

    const ending = async () => (await client.events.trace('shop', position)).journal.map(each => each.ending)
    await expect.poll(ending, { timeout: 20_000 }).toEqual(['delivered'])
    const lost = async () => (await client.queues.status('lost'))['active']
    await expect.poll(lost, { timeout: 20_000 }).toBe(1)
  })
})
