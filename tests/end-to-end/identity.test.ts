import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ServerProcess } from '../../tools/process/index.ts'
import { type Ended, millrace, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

const account = '1000000000000001'

describe('users and roles of a server as a process', { timeout: testLimitMs }, () => {
  test('are made, may do what they should, keep it after a restart, and leave no secret in the data', async () => {
    const folder = await temporaryFolder()
    const server = await runningServer(folder)
    const root = environmentOf(server)
    const ok = async (...args: string[]): Promise<Ended> => {
      const ended = await millrace(args, root)
      expect(ended.status, `${args.join(' ')}: ${ended.error}`).toBe(0)
      return ended
    }
    await server.client().buses.put('orders', {})
    const resource = `acs:eventbridge:local:${account}:eventbus/orders`
    const files = await documentsIn(await temporaryFolder(), resource)

    await ok('policy', 'put', 'publish', files.policy)
    await ok('user', 'create', 'shop', '--policy', 'publish')
    await ok('user', 'create', 'ci', '--policy', 'AliyunSTSAssumeRoleAccess')
    await ok('role', 'create', 'deploy', '--trust', files.trust, '--policy', 'publish')
    const shop = settingsOf(await ok('key', 'create', 'shop'))
    const ci = settingsOf(await ok('key', 'create', 'ci'))

    const send = (settings: Record<string, string>) => sent(server, settings)
    expect((await send(shop)).status).toBe(0)
    expect((await send(ci)).error).toContain("not authorized to perform 'eventbridge:PutEvents'")
    const session = settingsOf(
      await millrace(['role', 'assume', 'deploy'], { ...ci, MILLRACE_URL: server.url }),
    )
    expect(session).toHaveProperty('MILLRACE_SECURITY_TOKEN')
    expect((await send(session)).status).toBe(0)

    const told = await ok('policy', 'explain', 'user/shop', 'eventbridge:PutEvents', resource)
    expect(told.out).toContain('statement 0 (orders) of the policy publish, by user shop: Allow')
    const tagged = { StringEquals: { 'acs:RequestTag/team': 'shop' } }
    const making = {
      Effect: 'Allow',
      Action: 'eventbridge:CreateEventBus',
      Resource: '*',
      Condition: tagged,
    } as const
    await server.client().policies.put('making', { document: { Version: '1', Statement: making } })
    await server.client().users.put('maker', { policies: ['making'] })
    const asked = ['policy', 'explain', 'user/maker', 'eventbridge:CreateEventBus', resource]
    await ok(...asked, '--request-tag', 'team=shop')
    expect((await millrace([...asked, '--request-tag', 'team=other'], root)).status).toBe(1)
    const denied = await millrace(['policy', 'explain', 'user/shop', 'fc:InvokeFunction', '*'], root)
    expect([denied.status, denied.out]).toEqual([1, expect.stringContaining('nobody: no statement')])

    const elsewhere = (await readFile(files.policy, 'utf8')).replace('eventbus/orders', 'eventbus/other')
    await writeFile(files.policy, elsewhere)
    await ok('policy', 'put', 'publish', files.policy)
    expect((await send(shop)).status).toBe(1)
    expect((await ok('policy', 'versions', 'publish')).out).toMatch(/v1 .*\n.*v2 +yes/)
    await ok('policy', 'use', 'publish', 'v1')
    const gone = await millrace(['policy', 'use', 'publish', 'v9'], root)
    expect([gone.status, gone.error]).toEqual([1, expect.stringContaining('no version v9')])

    await server.kill()
    await server.start()
    expect((await send(shop)).status).toBe(0)
    expect((await send(session)).status).toBe(0)
    const [id = ''] = (await ok('key', 'ls', 'shop')).out.match(/MR[0-9A-F]{20}/) ?? []
    await ok('key', 'disable', 'shop', id)
    expect((await send(shop)).status).toBe(1)

    const secrets = [shop, ci, session].map(settings => settings['MILLRACE_ACCESS_KEY_SECRET'] ?? '')
    expect(secrets.every(secret => secret.length > 20)).toBe(true)
    const data = await everyFile(folder)
    // The id of the key lies there in the clear: these are the files that are meant.
    expect(data.some(bytes => bytes.includes(id))).toBe(true)
    for (const secret of secrets) expect(data.filter(bytes => bytes.includes(secret))).toEqual([])
  })
})

async function documentsIn(folder: string, resource: string) {
  const policy = join(folder, 'policy.json')
  const trust = join(folder, 'trust.yaml')
  const statement = { Sid: 'orders', Effect: 'Allow', Action: 'eventbridge:PutEvents', Resource: resource }
  await writeFile(policy, JSON.stringify({ Version: '1', Statement: [statement] }))
  await writeFile(
    trust,
    `Version: "1"\nStatement:\n  - Effect: Allow\n    Action: sts:AssumeRole\n    Principal: { RAM: "acs:ram::${account}:user/ci" }\n`,
  )
  return { policy, trust }
}

/** The settings that a command has printed. */
function settingsOf({ out }: Ended): Record<string, string> {
  const lines = [...out.matchAll(/(MILLRACE_\w+)=(\S+)/g)]
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]))
}

function sent(server: ServerProcess, settings: Record<string, string>): Promise<Ended> {
  const args = ['send', 'orders', '--type', 'shop.order', '--source', 'shop', '{}']
  return millrace(args, { ...settings, MILLRACE_URL: server.url })
}

async function everyFile(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries.filter(entry => entry.isFile()).map(entry => readFile(join(entry.parentPath, entry.name))),
  )
}
