import { execFile } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Work } from './work.ts'

const run = promisify(execFile)
const sources = fileURLToPath(new URL('peers/benthos', import.meta.url))
const build = fileURLToPath(new URL('../.peers/benthos-postgres', import.meta.url))

/** Compiling Benthos and all that it stands on takes minutes on two cores the first time. */
const buildMsMax = 10 * 60_000
const runMsMax = 5 * 60_000

/** Builds Benthos with Go. Resolves with its program, or with the reason why there is none. */
export async function buildBenthos(
  signal: AbortSignal,
): Promise<{ program: string } | { unavailable: string }> {
  try {
    await mkdir(build, { recursive: true })
    await cp(sources, build, { recursive: true })
    const program = join(build, 'peer')
    await run('go', ['build', '-o', program, '.'], { cwd: build, timeout: buildMsMax, signal })
    return { program }
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split('\n').filter(Boolean)
    return { unavailable: (lines.at(-1) ?? '').replaceAll(/https?:\/\/\S+/g, '…').slice(0, 200) }
  }
}

/** Lets Benthos do the work once; milliseconds from the first record to the last acknowledgement. */
export async function runBenthos(program: string, work: Work, signal: AbortSignal): Promise<number> {
  const args = {
    brokers: work.bootstrap,
    from: work.topic,
    url: `${work.postgres.url}?sslmode=disable`,
    to: work.table,
    group: work.table,
    records: String(work.records),
  }
  const { stdout } = await run(
    program,
    Object.entries(args).flatMap(([name, value]) => [`-${name}`, value]),
    { timeout: runMsMax, signal },
  )
  return (JSON.parse(stdout) as { ms: number }).ms
}
