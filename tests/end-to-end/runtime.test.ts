import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ServerProcess } from '../../tools/process/index.ts'
import { type Ended, millrace, testLimitMs } from './command.ts'
import { environmentOf, temporaryFolder } from './place.ts'

const programPackage = `node-${process.platform}-${process.arch}`
/** Versions that the registry has; one of them is not on this machine. */
const majors: readonly number[] = [20, 22, 21, 23]
const answerWithinMs = 20_000

/** What npm on this machine needs to reach its registry; the settings of the server itself are not among it. */
const registrySettings = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && /^(?:HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|.*_proxy)$/i.test(entry[0]),
  ),
)

/** Why the registry cannot be had, if so. */
const unreachable = await new Promise<string | undefined>(resolve => {
  const args = ['view', programPackage, 'version', '--fetch-retries=0', '--loglevel=error']
  execFile('npm', args, { timeout: answerWithinMs, cwd: '/' }, (error, _output, complaint) => {
    if (error === null) resolve(undefined)
    else resolve(complaint.split('\n')[0] ?? 'no answer')
  })
})

const title =
  unreachable === undefined ? 'millrace runtime' : `millrace runtime (needs npm registry: ${unreachable})`

async function serverWithRegistry(folder: string): Promise<(...args: string[]) => Promise<Ended>> {
  const server = await ServerProcess.prepare(join(folder, 'state'), registrySettings)
  onTestFinished(() => server.kill())
  await server.start()
  return (...args) => millrace(args, environmentOf(server))
}

describe.skipIf(unreachable !== undefined)(title, { timeout: testLimitMs }, () => {
  test('installs a version of Node.js that a function then runs on, and removes it', async () => {
    const folder = await temporaryFolder()
    const run = await serverWithRegistry(folder)
    const code = join(folder, 'version.mjs')
    const present = (await run('runtime', 'ls')).out
    const major = majors.find(candidate => !present.includes(`nodejs${candidate} `))
    expect(major, present).toBeDefined()
    const name = `nodejs${major}`
    await writeFile(code, 'export const handler = async () => ({ version: process.version })\n')

    const refused = await run('fn', 'deploy', code, '--runtime', name)
    expect(refused.status).toBe(1)
    expect(refused.error).toContain(`there is no runtime ${name}; installed: custom, `)
    expect(refused.error).toContain(`millrace runtime add ${name}`)

    const added = await run('runtime', 'add', name)
    expect(added.error).toContain(`npm installs ${programPackage}@${major}`)
    expect(added.status).toBe(0)
    expect(added.out).toContain(`installed  runtime ${name}, ${major}.`)
    expect(await readdir(join(folder, 'state/runtimes/nodejs'))).toEqual([name])
    expect((await run('runtime', 'ls')).out).toMatch(
      new RegExp(`${name} +nodejs +${major}\\.\\S+ +millrace runtime add`),
    )

    expect(await run('fn', 'deploy', code, '--runtime', name)).toMatchObject({ status: 0 })
    const called = await run('fn', 'invoke', 'version')
    expect(JSON.parse(called.out)).toEqual({ version: expect.stringMatching(new RegExp(`^v${major}\\.`)) })

    const used = await run('runtime', 'rm', name)
    expect(used).toMatchObject({ status: 1, error: expect.stringContaining('function.runtime-in-use') })
    await run('fn', 'rm', 'version')
    expect(await run('runtime', 'rm', name)).toMatchObject({ status: 0 })
    expect((await run('runtime', 'ls')).out).not.toContain(`${name} `)
  })

  test('says why a version cannot be had, with exit code 1', async () => {
    const run = await serverWithRegistry(await temporaryFolder())
    const added = await run('runtime', 'add', 'nodejs99')
    expect(added.status).toBe(1)
    expect(added.error).toContain('nodejs99 could not be installed: npm failed: code ETARGET')
  })
})
