import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { queueCreateCommand } from './create.ts'
import { queueLsCommand } from './ls.ts'
import { queuePeekCommand } from './peek.ts'
import { queueReceiveCommand } from './receive.ts'
import { queueRmCommand } from './rm.ts'
import { queueSendCommand } from './send.ts'

/** `millrace queue …`: the built-in queues. */
export function queueCommand(context: CommandContext): Command {
  const command = new Command('queue').description('built-in queues: send, receive, look and count')
  for (const make of [
    queueLsCommand,
    queueCreateCommand,
    queueSendCommand,
    queueReceiveCommand,
    queuePeekCommand,
    queueRmCommand,
  ]) {
    command.addCommand(make(context))
  }
  return command
}
