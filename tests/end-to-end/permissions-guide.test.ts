import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeService } from '@millrace/services/vitest'
import { expect, onTestFinished, test, vi } from 'vitest'
import { account, burst, fatesOf, Gateway, realStore } from '../../examples/app-shop/index.ts'
import { type Block, readBlocks } from '../../tools/docs/index.ts'
import { repositoryRoot, ServerProcess } from '../../tools/process/index.ts'
import { patienceMs, testLimitMs } from './command.ts'
import { environmentOf, temporaryFolder } from './place.ts'

/** What the guide publishes. */
const notifications = 200
const pageUrl = 'http://127.0.0.1:8400'

/** How typed commands ended. */
interface Said {
  readonly status: number
  readonly text: string
}

/** A folder that looks like a clone of the repository, in which `npx` runs this checkout's programs. */
async function guidePlace() {
  const folder = await temporaryFolder()
  const programs = join(folder, 'programs')
  await mkdir(programs)
  await symlink(join(repositoryRoot, 'examples'), join(folder, 'examples'))
  const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
  const shim = [
    '#!/bin/sh',
    'program=$1',
    'shift',
    `if [ "$program" = millrace ]; then exec '${process.execPath}' '${bin}' "$@"; fi`,
    `exec '${process.execPath}' "$@"`,
  ]
  await writeFile(join(programs, 'npx'), `${shim.join('\n')}\n`, { mode: 0o755 })
  return { folder, searchPath: `${programs}:${process.env['PATH'] ?? ''}` }
}

/** The guide's shop: a server that is not started yet, the gateways, the table, and a shell to type in. */
async function openGuide() {
  vi.stubEnv('SHOP_TABLE', 'guide_notifications')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { folder, searchPath } = await guidePlace()
  const server = await ServerProcess.prepare(join(folder, 'state'), {
    MILLRACE_SANDBOX: 'process',
    MILLRACE_REQUIRE_ROLES: 'true',
  })
  onTestFinished(() => server.kill())
  const gateway = await Gateway.start()
  onTestFinished(() => gateway[Symbol.asyncDispose]())
  const here = (text: string): string => text.replaceAll(pageUrl, server.url)
  const env = {
    ...environmentOf(server),
    PATH: searchPath,
    HOME: folder,
    SHOP_TABLE: 'guide_notifications',
    MNS_ENDPOINT: server.url,
    GATEWAY_URL: gateway.url,
  }
  return {
    server,
    gateway,
    type: (text: string): Promise<Said> =>
      new Promise(resolve => {
        execFile('sh', ['-ec', here(text)], { cwd: folder, env }, (error, stdout, stderr) =>
          resolve({ status: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` }),
        )
      }),
    async write({ file = '', text }: Block): Promise<void> {
      const path = join(folder, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, here(text))
    },
  }
}

type Guide = Awaited<ReturnType<typeof openGuide>>

/** Types a block as a person would who waits for what is under way. */
async function typeBlock(guide: Guide, text: string): Promise<Said> {
  if (text.includes('millrace start')) {
    expect(text).toContain('MILLRACE_REQUIRE_ROLES=true')
    await guide.server.start()
    return { status: 0, text: '' }
  }
  // The gateways of the test have a port of their own, and the database is there, or this test would not run.
  if (text.includes('shop.ts gateways')) return { status: 0, text: '' }
  if (text.includes('shop.ts table')) {
    const store = await realStore({ isNew: false })
    await expect.poll(() => store.count(), { timeout: patienceMs }).toBe(notifications)
  }
  if (text.includes('stream status greedy')) {
    const [before = '', last = ''] = text.split(/(?=^npx millrace stream status)/m)
    const first = await guide.type(before)
    await expect
      .poll(async () => (await guide.type(last)).text, { timeout: patienceMs })
      .toContain('source.unauthorized')
    return first
  }
  return await guide.type(text.replace(/^npm run services .*\n/m, ''))
}

/** The sentence that `policy explain` begins with. */
const denials = [
  'assumed-role/shop-notify/explained eventbridge:PutEvents',
  'user/shop-queues mns:ReceiveMessage',
  'user/shop-publisher eventbridge:DeleteRule',
]

await describeService('postgres', 'the guide to permissions', () => {
  test('runs as it is typed: generated roles are enough for the shop, and for no more', {
    timeout: testLimitMs,
  }, async () => {
    const guide = await openGuide()
    const blocks = readBlocks(await readFile(join(repositoryRoot, 'docs/guides/permissions.md'), 'utf8'))
    const said: Said[] = []
    for (const [index, block] of blocks.entries()) {
      if (block.file !== undefined) await guide.write(block)
      if (block.language !== 'sh') continue
      const { status, text } = await typeBlock(guide, block.text)
      expect(status, `${block.text}${text}`).toBe(denials.some(denial => text.includes(denial)) ? 1 : 0)
      const next = blocks[index + 1]
      if (next?.language === 'text' && next.follows) expect(text).toContain(next.text.trim())
      if (next?.language === 'json') expect(generatedIn(text)['shop-notified']).toEqual(JSON.parse(next.text))
      said.push({ status, text })
    }

    const { carts, prices } = burst(notifications)
    const fates = fatesOf([...carts, ...prices])
    const store = await realStore({ isNew: false })
    const { unaccounted, stored } = account(fates, guide.gateway.sent, await store.rows()).get('in all')!
    expect({ unaccounted, stored }).toEqual({ unaccounted: 0, stored: notifications })
    await everyPartHasItsRole(guide)

    const all = said.map(({ text }) => text).join('\n')
    expect(all).toContain('"code":"auth.forbidden"')
    expect(all).toContain(
      "assumed-role/shop-notify/fc-probe is not authorized to perform 'eventbridge:PutEvents'",
    )
    expect(all).toContain("user/shop-publisher is not authorized to perform 'eventbridge:DeleteRule'")
    expect(all).toContain('of the policy shop-carts, by role shop-carts: Allow')
    for (const denial of denials) expect(said.filter(({ text }) => text.includes(denial))).toHaveLength(1)
    const denied = await guide.type(
      '. access/deployer.env; export MILLRACE_ACCESS_KEY_ID MILLRACE_ACCESS_KEY_SECRET; npx millrace apply access/wrong',
    )
    expect(denied).toMatchObject({ status: 1, text: expect.stringContaining('auth.forbidden') as string })
  })
})

/** What `policy for wiring` prints: a policy for each role. */
function generatedIn(text: string): Record<string, unknown> {
  return JSON.parse(text.slice(0, text.indexOf('\n}\n') + 2)) as Record<string, unknown>
}

/** All that was wired was wired by the user who may deploy, with the role that was generated for it. */
async function everyPartHasItsRole({ server }: Guide): Promise<void> {
  const client = server.client()
  for (const name of ['carts', 'cheaper'])
    expect((await client.rules('shop').get(name)).spec.role).toBe(`shop-${name}`)
  for (const name of ['notified', 'not-notified'])
    expect((await client.streams.get(name)).spec.role).toBe(`shop-${name}`)
  expect((await client.functions.get('notify')).spec.role).toBe('shop-notify')
  const { items } = await client.events.list('default', { from: 1, limit: 1_000 })
  const calls = items.map(
    ({ event }) => event['data'] as { eventName: string; userIdentity: { userName: string } },
  )
  const rules = calls.filter(({ eventName }) => eventName === 'CreateRule')
  expect(rules.map(({ userIdentity }) => userIdentity.userName)).toEqual(['shop-deployer', 'shop-deployer'])
}
