import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { instanceAddCommand } from './add.ts'
import { instanceLsCommand } from './ls.ts'
import { instanceRmCommand } from './rm.ts'

/** `millrace instance …`: external systems by name. */
export function instanceCommand(context: CommandContext): Command {
  const command = new Command('instance').description(
    'external systems by name: where they are and how to get in',
  )
  for (const make of [instanceAddCommand, instanceLsCommand, instanceRmCommand])
    command.addCommand(make(context))
  return command
}
