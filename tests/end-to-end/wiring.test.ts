import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Ended, millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

const shop = `name: shop
buses:
  shop:
    description: Orders
    retentionMs: 60000
    rules:
      big:
        pattern: { data: { total: [{ numeric: ['>', 100] }] } }
        targets: [{ id: later, sink: { queue: later } }]
queues:
  later: {}
functions:
  bill: { code: functions/bill.js, handler: bill.handler }
`

const people = `name: people
queues:
  later: {}
connections:
  crm:
    url: https://crm.example/
    auth: { type: bearer, token: { env: CRM_TOKEN } }
schedules:
  nightly:
    schedule: 0 0 2 * * *
    timeZone: Europe/Berlin
    userData: { keep: 7 }
    sink: { queue: later }
functions:
  bill: { code: functions/bill.js, handler: bill.handler }
domains:
  shop.example:
    routes: [{ path: /*, function: bill }]
policies:
  send:
    document: { Version: '1', Statement: [{ Effect: Allow, Action: mns:SendMessage, Resource: '*' }] }
roles:
  sender:
    trust: { Version: '1', Statement: [{ Effect: Allow, Action: sts:AssumeRole, Principal: { Service: [eventbridge.aliyuncs.com] } }] }
    policies: [send]
groups:
  staff: { policies: [send] }
users:
  ada: { groups: [staff] }
`

const shopRule = {
  pattern: { data: { total: [{ numeric: ['>', 100] }] } },
  targets: [{ id: 'later', sink: { queue: 'later' } }],
}

/** A wiring of one's own at a server of one's own. */
async function place() {
  const folder = await temporaryFolder()
  const server = await runningServer(join(folder, 'state'))
  const file = join(folder, 'millrace.config.yaml')
  const code = join(folder, 'bill.js')
  await writeFile(code, 'exports.handler = () => 1\n')
  const write = (text: string): Promise<void> => writeFile(file, text.replace('functions/bill.js', code))
  await write(shop)
  const run = (...args: string[]): Promise<Ended> => {
    const [command = '', ...rest] = args
    return millrace([command, folder, ...rest], environmentOf(server))
  }
  return { server, run, write, code, folder }
}

describe('a wiring with a name', { timeout: testLimitMs }, () => {
  test('is planned, applied, in force, and destroyed', async () => {
    const { server, run } = await place()

    const before = await run('plan')
    expect(before.status).toBe(3)
    expect(before.out).toContain('4 to create, 0 to change, 0 to remove, 0 as they should be')
    expect(await run('apply')).toMatchObject({ status: 0 })
    const after = await run('plan')
    expect(after).toMatchObject({ status: 0, out: '4 as they should be, nothing to do\n' })

    expect(await run('destroy')).toMatchObject({
      status: 1,
      error: expect.stringContaining('--yes') as string,
    })
    const destroyed = await run('destroy', '--yes')
    expect(destroyed.out.split('\n').filter(line => line.startsWith('removed'))).toHaveLength(4)
    const { items } = await server.client().queues.list()
    expect(items).toEqual([])
    expect((await run('plan')).out).toContain('4 to create')
  })

  test('shows what it would change, what somebody else has changed, and what goes', async () => {
    const { server, run, write, code } = await place()
    await run('apply')
    const client = server.client()

    await client.buses.put('shop', { description: 'Theirs', retentionMs: 60_000 })
    await client.queues.put('later', { delayMs: 5_000 })
    await writeFile(code, 'exports.handler = () => 2\n')
    await write(shop.replace('    retentionMs: 60000\n', '').replace(/ {4}rules:[\s\S]*?queues:/, 'queues:'))
    const { status, out } = await run('diff')

    expect(status).toBe(3)
    expect(out).toMatch(
      /~ change bus +shop {2}\(somebody has changed it\)\n {4}description: "Theirs" → "Orders"\n/,
    )
    expect(out).toMatch(/~ change function bill\n {4}code: "[0-9a-f]{64}" → "[0-9a-f]{64}"\n/)
    expect(out).toMatch(/- remove rule +shop\/big\n/)
    expect(out).not.toContain('later')
    expect(await run('apply')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/removed +rule +shop\/big/) as string,
    })
    expect(await run('diff')).toMatchObject({ status: 0 })
    expect((await client.buses.get('shop')).spec.description).toBe('Orders')
  })

  test('goes back to defaults where it says no more, and that is planned, too', async () => {
    const { server, run, write } = await place()
    await run('apply')
    await write(shop.replace('    retentionMs: 60000\n', ''))

    expect((await run('plan')).out).toMatch(
      /change +bus +shop {2}\(what is left out goes back to its default\)/,
    )
    await run('apply')

    expect((await server.client().buses.get('shop')).spec.retentionMs).not.toBe(60_000)
    expect(await run('plan')).toMatchObject({ status: 0 })
  })

  test('does not lose track of what it has brought when it is refused in the middle', async () => {
    const { run, write } = await place()
    await write(shop.replace('queue: later', 'queue: nobody').replace('  later: {}', '  other: {}'))

    expect(await run('apply')).toMatchObject({
      status: 1,
      error: expect.stringContaining('rule shop/big') as string,
    })
    expect((await run('destroy', '--yes')).out).toMatch(/removed +bus +shop/)
  })

  test('is told its environment, and keeps apart what belongs to each', async () => {
    const { server, run, folder } = await place()
    await writeFile(
      join(folder, 'millrace.config.ts'),
      "export const name = 'shop'\nexport default ({ environment }) => ({ queues: { [`later-${environment}`]: {} } })\n",
    )

    await run('apply', '--env', 'one')
    await run('apply', '--env', 'two')
    await run('destroy', '--yes', '--env', 'one')

    const { items } = await server.client().queues.list()
    expect(items.map(({ name }) => name)).toEqual(['later-two'])
  })

  test('without a name removes nothing and cannot be destroyed', async () => {
    const { run, write } = await place()
    await write(shop.replace('name: shop\n', ''))
    await run('apply')
    await write('queues: {}\n')

    expect(await run('plan')).toMatchObject({ status: 0 })
    expect((await run('destroy', '--yes')).error).toContain('has no name')
  })

  test('is exported as it was written, and brings the same to another server', async () => {
    const { server, run, folder } = await place()
    await run('apply')
    const out = join(folder, 'exported')
    const other = await runningServer(join(folder, 'other'))

    expect(await millrace(['export', out], environmentOf(server))).toMatchObject({ status: 0, error: '' })
    const text = await readFile(join(out, 'millrace.config.yaml'), 'utf8')
    expect(parse(text)).toEqual({
      buses: { shop: { description: 'Orders', retentionMs: 60_000, rules: { big: shopRule } } },
      functions: { bill: { code: 'functions/bill.zip', handler: 'bill.handler' } },
      queues: { later: {} },
    })
    expect(await millrace(['apply', out], environmentOf(other))).toMatchObject({ status: 0 })
    expect(await millrace(['plan', out], environmentOf(other))).toMatchObject({ status: 0 })
    expect(await millrace(['export', out], environmentOf(server))).toMatchObject({ status: 1 })
  })

  test('brings connections, schedules, domains and who may do what, and takes them away again', async () => {
    const { server, run, write, folder } = await place()
    await write(people)
    const environment = { ...environmentOf(server), CRM_TOKEN: 'of-this-test' }
    const withToken = (command: string): Promise<Ended> => millrace([command, folder], environment)
    const validate = Compile(JSON.parse((await millrace(['schema'], environment)).out) as TSchema)
    expect(validate.Check(parse(people))).toBe(true)
    expect(validate.Check({ connections: { crm: { auth: { type: 'bearer', tokn: 'x' } } } })).toBe(false)
    expect(validate.Check({ schedules: { nightly: { sink: { queue: 'q' } } } })).toBe(false)

    expect(await withToken('apply')).toMatchObject({ status: 0, error: '' })

    expect(await withToken('plan')).toMatchObject({ status: 0, out: '9 as they should be, nothing to do\n' })
    const client = server.client()
    expect((await client.roles.get('sender')).spec.policies).toEqual(['send'])
    expect((await client.streams.get('nightly')).spec.source).toMatchObject({ connector: 'schedule' })
    expect((await client.instances.get('crm')).spec.options?.['url']).toBe('https://crm.example/')
    const out = join(folder, 'exported')
    expect(await millrace(['export', out], environment)).toMatchObject({ status: 0 })
    const exported = parse(await readFile(join(out, 'millrace.config.yaml'), 'utf8')) as object
    const { policies, roles, groups, users, domains } = parse(people) as Record<string, object>
    expect(exported).toMatchObject({ policies, roles, groups, users, domains })
    expect(exported).toMatchObject({ instances: { crm: { connector: 'http' } }, streams: { nightly: {} } })

    await write('name: people\nqueues: { later: {} }\n')
    const second = await run('apply')
    expect(second.out.split('\n').filter(line => line.startsWith('removed'))).toHaveLength(8)
    expect((await client.policies.list()).items).toEqual([])
  })

  test('has a schema by which editors find what is wrong', async () => {
    const { server } = await place()
    const { out } = await millrace(['schema'], environmentOf(server))
    const validate = Compile(JSON.parse(out) as TSchema)

    expect(validate.Check(parse(shop))).toBe(true)
    const stream = (options: object) => ({
      streams: { s: { source: { connector: 'kafka', options }, sink: { queue: 'q' } } },
    })
    expect(validate.Check(stream({ topic: 't', start: 'earliest' }))).toBe(true)
    expect(validate.Check(stream({ tpic: 't' }))).toBe(false)
    expect(validate.Check({ buses: { a: { retention: 5 } } })).toBe(false)
    expect(
      validate.Check({ instances: { k: { connector: 'kafka', options: { bootstrap: { env: 'K' } } } } }),
    ).toBe(true)
  })
})
