import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { repositoryRoot, ServerProcess } from '../../tools/process/index.ts'
import { patienceMs, testLimitMs } from './command.ts'
import { environmentOf, temporaryFolder } from './place.ts'

/** A step of the guide: a file to write, or commands to type. */
type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'commands'; readonly text: string }

async function stepsOfGuide(): Promise<Step[]> {
  const guide = await readFile(join(repositoryRoot, 'docs/guides/permissions.md'), 'utf8')
  const blocks = guide.matchAll(/(?:^`([\w.-]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)
  return [...blocks].flatMap(([, path, language, text = '']): Step[] => {
    if (path !== undefined) return [{ kind: 'file', path, text }]
    return language === 'sh' ? [{ kind: 'commands', text }] : []
  })
}

/** A folder in which `npx millrace` is this checkout's. */
async function guidePlace() {
  const folder = await temporaryFolder()
  const programs = join(folder, 'programs')
  await mkdir(programs)
  const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
  const shim = `#!/bin/sh\nshift\nexec '${process.execPath}' '${bin}' "$@"\n`
  await writeFile(join(programs, 'npx'), shim, { mode: 0o755 })
  return { folder, searchPath: `${programs}:${process.env['PATH'] ?? ''}` }
}

test('the guide to permissions runs as it is typed: generated roles are enough for the shop, and for no more', {
  timeout: testLimitMs,
}, async () => {
  const { folder, searchPath } = await guidePlace()
  const sandbox = { MILLRACE_SANDBOX: 'process' }
  const first = await ServerProcess.prepare(join(folder, 'state'), sandbox)
  const second = await ServerProcess.prepare(join(folder, 'state'), {
    ...sandbox,
    MILLRACE_REQUIRE_ROLES: 'true',
  })
  onTestFinished(() => first.kill())
  onTestFinished(() => second.kill())
  let server = first
  const told: string[] = []
  const type = async (text: string): Promise<void> => {
    const env = { PATH: searchPath, ...environmentOf(server) }
    const typed = ['set -e', text].join('\n')
    const { stdout } = await promisify(execFile)('sh', ['-c', typed], { cwd: folder, env })
    told.push(stdout)
  }
  const starts = { plain: 0, requiring: 0 }
  for (const step of await stepsOfGuide()) {
    // The server of the test has a port of its own, and is the second one after it was started again.
    if (step.kind === 'file') {
      const text = step.text.replaceAll('http://127.0.0.1:8400', second.url)
      await writeFile(join(folder, step.path), text)
    } else if (!step.text.includes('millrace start')) {
      if (step.text.includes('queue peek')) await invoiceArrives(server)
      await type(step.text)
    } else if (step.text.includes('MILLRACE_REQUIRE_ROLES=true')) {
      await first.kill()
      await second.start()
      server = second
      starts.requiring++
    } else {
      await first.start()
      starts.plain++
    }
  }
  expect(starts).toEqual({ plain: 1, requiring: 1 })
  const all = told.join('\n')
  expect(all).toContain('"Action": "fc:InvokeFunction"')
  expect(all).toContain('rule orders/paid acts by the role paid-rule')
  expect(all).toContain('"to":"Ada"')
  expect(all).toContain('of the policy paid-rule, by role paid-rule: Allow')

  const client = server.client()
  for (const [bus, rule] of [
    ['orders', 'paid'],
    ['invoices', 'mail'],
  ] as const) {
    expect((await client.rules(bus).get(rule)).spec.role).toBe(`${rule}-rule`)
  }
  const outside = { bus: 'orders', rule: 'paid' }
  const { spec } = await client.rules(outside.bus).get(outside.rule)
  const further = { id: 'more', sink: { queue: 'outbox' } }
  await expect(
    client.rules('orders').put('paid', { ...spec, targets: [...spec.targets, further] }),
  ).rejects.toMatchObject({ code: 'role.insufficient', message: expect.stringContaining('/queues/outbox') })
  await expect(
    type('set -a; . ./shop.env\nnpx millrace send invoices {} --type t --source s'),
  ).rejects.toThrow('not authorized')
})

async function invoiceArrives(server: ServerProcess): Promise<void> {
  const messages = async () => (await server.client().queues.peek('outbox')).length
  await expect.poll(messages, { timeout: patienceMs }).toBe(1)
}
