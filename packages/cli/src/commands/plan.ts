import { type Difference, findWiring, loadWiring, type PlannedItem, planWiring } from '@millrace/sdk/deploy'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import type { CommandContext, Terminal } from '../terminal.ts'
import { environmentFlag, type EnvironmentFlags } from '../wiring-file.ts'

/** Exit code when there is something to do, so that scripts can tell it from "nothing" (0) and a failure (1). */
const differsExitCode = 3

/** `millrace plan [PATH]`: what `apply` would do, in a line for each item that it would touch. */
export function planCommand(context: CommandContext): Command {
  return comparing(
    context,
    'plan',
    `tell what apply would do; exit code ${differsExitCode} when that is something`,
    item => changeLine(context.terminal, item),
  )
}

/** `millrace diff [PATH]`: the same, with every member that is not as it is wanted. */
export function diffCommand(context: CommandContext): Command {
  const { terminal } = context
  return comparing(
    context,
    'diff',
    `tell where a server is not as a wiring file says, member by member; exit code ${differsExitCode} when it is not`,
    item =>
      changeLine(terminal, item) + item.differences.map(each => differenceLines(terminal, each)).join(''),
  )
}

function comparing(
  { terminal, exit }: CommandContext,
  name: string,
  description: string,
  show: (item: PlannedItem) => string,
): Command {
  return new Command(name)
    .description(description)
    .argument('[path]', 'wiring file, or the folder it is in', '.')
    .addOption(environmentFlag())
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: ConnectionFlags & EnvironmentFlags) => {
      const wiring = await loadWiring(await findWiring(path), flags.env)
      const planned = await planWiring(connect(terminal, flags), wiring)
      const touched = planned.filter(({ change }) => change !== 'none')
      for (const item of touched) terminal.out(show(item))
      terminal.out(summary(planned))
      if (touched.length > 0) exit(differsExitCode)
    })
}

const signs = { create: '+', change: '~', remove: '-', none: ' ' } as const

function changeLine({ colors }: Terminal, { kind, name, change, drifted, differences }: PlannedItem): string {
  const paint = { create: colors.green, change: colors.yellow, remove: colors.red, none: colors.dim }[change]
  const notes: string[] = []
  if (drifted) notes.push(change === 'create' ? 'somebody has deleted it' : 'somebody has changed it')
  if (change === 'change' && differences.length === 0) notes.push('what is left out goes back to its default')
  const note = notes.length === 0 ? '' : colors.dim(`  (${notes.join('; ')})`)
  return `${paint(`${signs[change]} ${change.padEnd(6)}`)} ${kind.padEnd(8)} ${name}${note}\n`
}

function differenceLines({ colors }: Terminal, { path, found, wanted }: Difference): string {
  const value = (each: unknown): string => (each === undefined ? 'nothing' : JSON.stringify(each))
  return `    ${path}: ${colors.red(value(found))} → ${colors.green(value(wanted))}\n`
}

function summary(planned: readonly PlannedItem[]): string {
  const count = (change: PlannedItem['change']): number =>
    planned.filter(item => item.change === change).length
  if (count('none') === planned.length) return `${planned.length} as they should be, nothing to do\n`
  return `${count('create')} to create, ${count('change')} to change, ${count('remove')} to remove, ${count('none')} as they should be\n`
}
