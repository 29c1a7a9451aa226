import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { runtimeAddCommand } from './add.ts'
import { runtimeLsCommand } from './ls.ts'
import { runtimeRmCommand } from './rm.ts'

/** `millrace runtime …`: what functions run on, on the machine of the server. */
export function runtimeCommand(context: CommandContext): Command {
  const command = new Command('runtime').description('what functions run on: list, install, remove')
  for (const make of [runtimeAddCommand, runtimeLsCommand, runtimeRmCommand]) {
    command.addCommand(make(context))
  }
  return command
}
