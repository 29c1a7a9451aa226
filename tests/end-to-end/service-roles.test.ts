import { join } from 'node:path'
import type { Client, PolicyDocument } from '@millrace/sdk'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'
import { millrace, patienceMs, testLimitMs } from './command.ts'
import { environmentOf, temporaryFolder } from './place.ts'

const account = '1000000000000001'
const resource = (service: string, rest: string): string => `acs:${service}:local:${account}:${rest}`

async function served(environment: Record<string, string> = {}) {
  const folder = join(await temporaryFolder(), 'state')
  const server = await ServerProcess.prepare(folder, { MILLRACE_SANDBOX: 'process', ...environment })
  onTestFinished(() => server.kill())
  await server.start()
  return { server, client: server.client() }
}

function allowing(...statements: [action: string, on: string][]): PolicyDocument {
  return {
    Version: '1',
    Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
  }
}

async function putRole(client: Client, name: string, service: string, document: PolicyDocument) {
  await client.policies.put(name, { document })
  const trust: PolicyDocument = {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: [service] } }],
  }
  await client.roles.put(name, { trust, policies: [name] })
}

const retry = { strategy: 'CUSTOM', retriesMax: 1_000, delayMsMin: 50, delayMsMax: 100 } as const
const order = { source: 'shop', type: 'order', data: {} }

describe('service roles', { timeout: testLimitMs }, () => {
  test('a rule may do what its role allows: asked when it is written, and at each delivery', async () => {
    const { client } = await served({ MILLRACE_REQUIRE_ROLES: 'true' })
    await client.buses.put('orders', {})
    await client.queues.put('jobs', {})
    const spec = { pattern: {}, targets: [{ id: 'jobs', sink: { queue: 'jobs' }, retry }] }
    const rules = client.rules('orders')
    const queue = resource('mns', '/queues/jobs/messages')
    const other = allowing(['mns:SendMessage', resource('mns', '/queues/other/messages')])
    await putRole(client, 'courier', 'eventbridge.aliyuncs.com', other)

    await expect(rules.put('all', spec)).rejects.toMatchObject({ code: 'role.required' })
    await expect(rules.put('all', { ...spec, role: 'courier' })).rejects.toMatchObject({
      code: 'role.insufficient',
      message: expect.stringContaining(`"Action":"mns:SendMessage","Resource":"${queue}"`),
    })

    await client.policies.put('courier', { document: allowing(['mns:SendMessage', queue]) })
    await rules.put('all', { ...spec, role: 'courier' })
    const messages = async () => (await client.queues.peek('jobs')).length
    await client.events.publish('orders', order)
    await expect.poll(messages, { timeout: patienceMs }).toBe(1)

    // The sink is open by now: what counts are the policies at the moment of each attempt.
    await client.policies.put('courier', { document: other })
    const { position } = await client.events.publish('orders', order)
    const attempts = async () => JSON.stringify(await client.events.trace('orders', position))
    await expect.poll(attempts, { timeout: patienceMs }).toContain('role.insufficient')
    expect(await messages()).toBe(1)

    await client.policies.put('courier', { document: allowing(['mns:SendMessage', queue]) })
    await expect.poll(messages, { timeout: patienceMs }).toBe(2)
  })

  test('a function gets credentials of its role, and may do with them what the role allows', async () => {
    const { server, client } = await served()
    await client.buses.put('orders', {})
    await client.buses.put('bills', {})
    const source = `export const handler = async (event, context) => {
      const { url, bus } = JSON.parse(event.toString())
      const { accessKeyId, accessKeySecret, securityToken } = context.credentials
      const answer = await fetch(url + '/api/v1/buses/' + bus + '/events', {
        method: 'POST',
        headers: {
          authorization: 'Bearer ' + accessKeyId + '.' + accessKeySecret,
          'x-acs-security-token': securityToken,
          'content-type': 'application/cloudevents+json',
        },
        body: JSON.stringify({ specversion: '1.0', id: bus, source: 'f', type: 't' }),
      })
      const { ALIBABA_CLOUD_ACCESS_KEY_ID: inEnvironment = '', GREETING: greeting } = process.env
      return { status: answer.status, said: await answer.text(), accessKeyId, inEnvironment, greeting }
    }`
    const code = await client.uploadCode(new Map([['index.mjs', Buffer.from(source)]]))
    const spec = { code, runtime: 'nodejs', handler: 'index.handler' }
    const publishing = allowing(['eventbridge:PutEvents', resource('eventbridge', 'eventbus/orders')])

    await putRole(client, 'teller', 'eventbridge.aliyuncs.com', publishing)
    await expect(client.functions.put('tell', { ...spec, role: 'teller' })).rejects.toMatchObject({
      code: 'role.not-trusting',
    })
    await putRole(client, 'teller', 'fc.aliyuncs.com', publishing)
    await client.functions.put('tell', { ...spec, role: resource('ram', 'role/teller').replace('local', '') })

    const call = async (bus: string) => {
      const { payload } = await client.call('tell', JSON.stringify({ url: server.url, bus }))
      return JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>
    }
    const told = await call('orders')
    expect(told).toMatchObject({ status: 200, accessKeyId: expect.stringMatching(/^STS\./) })
    expect(told['inEnvironment']).toMatch(/^STS\./)
    const refused = await call('bills')
    expect(refused['status']).toBe(403)
    expect(refused['said']).toContain(`assumed-role/teller/fc-tell is not authorized`)

    await client.functions.put('tell', spec)
    expect(await call('orders')).toMatchObject({ status: 401, accessKeyId: '', inEnvironment: '' })

    // The generated role allows what its destinations need, which is nothing; what was sealed stays as it was.
    await client.functions.put('tell', { ...spec, environment: { GREETING: 'hello' } })
    const made = await millrace(
      ['policy', 'for', 'function', 'tell', '--create', 'quiet'],
      environmentOf(server),
    )
    expect(made).toMatchObject({ status: 0, error: expect.stringContaining('in the code') })
    expect((await client.functions.get('tell')).spec.role).toBe('quiet')
    expect(await call('orders')).toMatchObject({ status: 403, greeting: 'hello' })
  })
})
