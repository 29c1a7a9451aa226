import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { bytesOf } from './message-text.ts'
import { wholeNumber } from './send.ts'

interface PeekFlags extends ConnectionFlags {
  count: number
  json?: boolean
}

/** `millrace queue peek NAME`: shows what could be received, and leaves it where it is. */
export function queuePeekCommand({ terminal }: CommandContext): Command {
  return new Command('peek')
    .description('show messages without taking them out')
    .argument('<name>', 'queue')
    .option('--count <number>', 'messages at most', wholeNumber, 10)
    .option('--json', 'with everything that is known of them')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { count, json, ...flags }: PeekFlags) => {
      for (const message of await connect(terminal, flags).queues.peek(name, count)) {
        if (json === true) terminal.out(`${JSON.stringify(message)}\n`)
        else {
          terminal.out(bytesOf(message))
          terminal.out('\n')
        }
      }
    })
}
