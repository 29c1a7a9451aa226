import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { streamCreateCommand } from './create.ts'
import { streamListCommand } from './list.ts'
import { streamPauseCommand } from './pause.ts'
import { streamResumeCommand } from './resume.ts'
import { streamRmCommand } from './rm.ts'
import { streamStatusCommand } from './status.ts'

/** `millrace stream …`: from external systems to functions, buses and other systems. */
export function streamCommand(context: CommandContext): Command {
  const command = new Command('stream').description(
    'streams: from external systems to functions, buses and other systems',
  )
  const parts = [
    streamCreateCommand,
    streamListCommand,
    streamStatusCommand,
    streamPauseCommand,
    streamResumeCommand,
    streamRmCommand,
  ]
  for (const make of parts) command.addCommand(make(context))
  return command
}
