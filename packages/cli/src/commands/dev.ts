import { dirname, join, resolve } from 'node:path'
import { type Client, createClient, type WiringItem } from '@millrace/sdk'
import { type AppliedItem, findWiring, loadWiring, WiringKeeper, withReferenced } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import type { CommandContext, Terminal } from '../terminal.ts'
import { hasAddress } from '../stream-address.ts'
import { watchFolder } from '../watch-folder.ts'
import { environmentFlag, type EnvironmentFlags } from '../wiring-file.ts'
import { appliedLine } from './apply.ts'
import { logText } from './fn/index.ts'

/** `millrace dev [PATH]`: the server in this process, the wiring applied, and what has changed of it whenever its files change. */
export function devCommand({ terminal, exit }: CommandContext): Command {
  return new Command('dev')
    .description('run a server for one wiring and reload it when files change')
    .argument('[path]', 'wiring file, or the folder it is in', '.')
    .addOption(environmentFlag())
    .action(async (path: string, flags: EnvironmentFlags) => {
      const wiringPath = await findWiring(path)
      const folder = dirname(wiringPath)
      const state = statePath(folder, flags.env)
      const interrupted = terminal.interrupted()
      const { startServer } = await import('@millrace/server')
      await using server = await startServer({
        environment: {
          MILLRACE_DATA: state,
          MILLRACE_LOG: 'warn',
          // What the server keeps is out of reach below a hidden folder only.
          ...(terminal.environment['MILLRACE_DATA'] === undefined
            ? { MILLRACE_FILE_ROOTS: resolve(folder) }
            : {}),
          ...terminal.environment,
          MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
        },
      })
      const { bold, dim } = terminal.colors
      terminal.out(`${bold('millrace dev')} at ${server.url}, state in ${state}\n`)
      terminal.out(
        dim('Targets on this machine and in private networks are allowed; do not expose this server.\n'),
      )
      const client = createClient({ url: server.url, token: server.token })
      await keepApplied(terminal, client, { path: wiringPath, environment: flags.env }, interrupted)
      terminal.out('stopping\n')
      exit(0)
    })
}

/** Each environment has a server of its own, so that one does not take away what another has brought. */
function statePath(folder: string, environment: string | undefined): string {
  if (environment === undefined) return join(folder, '.millrace')
  if (!/^\w[\w.-]{0,63}$/.test(environment)) {
    throw new Error(
      `${environment} is no name for an environment: letters, digits, _ . - and at most 64 of them`,
    )
  }
  return join(folder, '.millrace', 'environments', environment)
}

/** Applies the wiring now, and after each change what has changed, until interrupted. A refused wiring is told; the last good one stays. */
async function keepApplied(
  terminal: Terminal,
  client: Client,
  { path, environment }: { readonly path: string; readonly environment: string | undefined },
  interrupted: AbortSignal,
): Promise<void> {
  const keeper = new WiringKeeper(client)
  const followed = new Set<string>()
  const apply = async (): Promise<void> => {
    const startedAtMs = performance.now()
    const applied: AppliedItem[] = []
    try {
      const { folder, items } = await withReferenced(
        await loadWiring(path, environment),
        terminal.environment,
      )
      const untouched = await keeper.apply({ folder, items }, item => {
        applied.push(item)
        if (item.change !== 'unchanged') terminal.out(appliedLine(terminal, item))
      })
      for (const { kind, name } of items) {
        if (kind === 'function' && !followed.has(name))
          void followLogs(terminal, client, name, followed, interrupted)
      }
      await showUrls(terminal, client, items)
      const durationMs = Math.round(performance.now() - startedAtMs)
      terminal.out(terminal.colors.dim(`${reloadText(applied, untouched)}, in ${durationMs} ms\n`))
      terminal.out(terminal.colors.dim('wiring is in force; waiting for changes (Ctrl-C stops)\n'))
    } catch (thrown) {
      terminal.error(
        `${terminal.colors.red('refused')} ${thrown instanceof Error ? thrown.message : String(thrown)}\n`,
      )
    }
  }
  // Watched from before the first reading: what is saved while a wiring is being applied is applied after it.
  using changes = watchFolder(dirname(path))
  do await apply()
  while (await changes.next(interrupted))
}

/** What one reading of the wiring has done, in numbers: `1 changed, 3 left as they were`. */
function reloadText(applied: readonly AppliedItem[], untouched: number): string {
  const left = untouched + applied.filter(({ change }) => change === 'unchanged').length
  const counts = (['created', 'changed', 'removed'] as const).flatMap(change => {
    const count = applied.filter(item => item.change === change).length
    return count === 0 ? [] : [`${count} ${change}`]
  })
  if (counts.length === 0) return 'nothing changed'
  return [...counts, ...(left === 0 ? [] : [`${left} left as they were`])].join(', ')
}

/** Where the HTTP triggers and the webhooks of the wiring are called. */
async function showUrls(terminal: Terminal, client: Client, items: readonly WiringItem[]): Promise<void> {
  for (const item of items) {
    if (item.kind === 'stream' && hasAddress(item.spec)) {
      terminal.out(`${item.name} is at ${terminal.colors.cyan(await client.streamUrl(item.name))}\n`)
    }
    if (item.kind !== 'trigger' || item.spec.kind !== 'http') continue
    const url = await client.functionUrl(item.function, item.spec.qualifier)
    terminal.out(`${item.function} is at ${terminal.colors.cyan(url)}\n`)
  }
}

/** Shows what a function writes, until interrupted or until it is gone; then it may be followed anew. */
async function followLogs(
  terminal: Terminal,
  client: Client,
  name: string,
  followed: Set<string>,
  interrupted: AbortSignal,
): Promise<void> {
  followed.add(name)
  try {
    for await (const line of client.tailFunctionLogs(name, interrupted))
      terminal.out(logText(terminal, name, line))
  } catch {
    // Interrupted, or the server is stopping: there is nothing more to show.
  } finally {
    followed.delete(name)
  }
}
