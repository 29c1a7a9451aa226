import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { repositoryRoot } from '../../tools/process/index.ts'
import { patienceMs, testLimitMs } from './command.ts'
import { temporaryFolder } from './place.ts'

/** The commands of the README that begin a function, as they are typed; the installation is what runs this test. */
async function typedCommands(): Promise<string[]> {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8')
  const block = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].find(([, text = '']) =>
    text.includes('fn init'),
  )
  const lines = (block?.[1] ?? '').split('\n').map(line => line.replace(/ {2,}# .*$/, ''))
  return lines.filter(line => line !== '')
}

/** An empty folder in which `npx millrace` is this checkout's. */
async function newcomerPlace() {
  const folder = await temporaryFolder()
  const programs = join(folder, 'programs')
  await mkdir(programs)
  const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
  const shim = `#!/bin/sh\nshift\nexec '${process.execPath}' '${bin}' "$@"\n`
  await writeFile(join(programs, 'npx'), shim, { mode: 0o755 })
  const environment = { PATH: `${programs}:${process.env['PATH'] ?? ''}` }
  return { cwd: folder, env: environment }
}

/** Leaves a server running in the background, as a second terminal does; resolves with its address. */
async function inSecondTerminal(
  line: string,
  options: { cwd: string; env: Record<string, string> },
): Promise<string> {
  const child: ChildProcess = spawn('sh', ['-c', `exec ${line}`], {
    ...options,
    env: { ...options.env, MILLRACE_LISTEN: '127.0.0.1:0' },
  })
  const closed = once(child, 'close')
  onTestFinished(async () => {
    child.kill()
    await closed
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  await expect.poll(() => out, { timeout: patienceMs }).toContain('wiring is in force')
  return /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? ''
}

test(
  'five commands of the README lead to an own function that answers to an own event',
  async () => {
    const commands = await typedCommands()
    expect(commands).toHaveLength(5)
    const [install, init = '', dev = '', send = '', logs = ''] = commands
    expect(install).toBe('npm ci')
    const place = await newcomerPlace()
    const run = async (line: string, url = ''): Promise<string> =>
      (await promisify(execFile)('sh', ['-c', line], { ...place, env: { ...place.env, MILLRACE_URL: url } }))
        .stdout

    await run(init)
    const url = await inSecondTerminal(dev, place)
    expect(await run(send, url)).toContain('accepted')

    await expect.poll(() => run(logs, url), { timeout: patienceMs }).toContain('greeting Ada')
  },
  testLimitMs,
)
