import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { layerLsCommand } from './ls.ts'
import { pushCommand } from './push.ts'
import { layerRmCommand } from './rm.ts'

/** `millrace layer …`: files that several functions share. */
export function layerCommand(context: CommandContext): Command {
  const command = new Command('layer').description('files that several functions share')
  for (const make of [pushCommand, layerLsCommand, layerRmCommand]) command.addCommand(make(context))
  return command
}
