import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'
import { bytesOf } from './message-text.ts'
import { wholeNumber } from './send.ts'

interface ReceiveFlags extends ConnectionFlags {
  wait: number
  count: number
  keep?: boolean
  json?: boolean
}

/** `millrace queue receive NAME`: takes messages out; those it has written are deleted unless `--keep` is said. */
export function queueReceiveCommand({ terminal, exit }: CommandContext): Command {
  return new Command('receive')
    .description('take messages out of a queue; the code is 1 when there is none')
    .argument('<name>', 'queue')
    .option('--wait <seconds>', 'how long to wait for the first, 30 at most', wholeNumber, 0)
    .option('--count <number>', 'messages at most', wholeNumber, 1)
    .option('--keep', 'do not delete them: they come back when their visibility is over')
    .option('--json', 'with everything that is known of them')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, { wait, count, keep, json, ...flags }: ReceiveFlags) => {
      const { queues } = connect(terminal, flags)
      const signal = terminal.interrupted()
      const messages = await queues.receive(name, { count, waitMs: wait * 1_000, signal })
      if (messages.length === 0) {
        exit(1)
        return
      }
      for (const message of messages) {
        if (json === true) terminal.out(`${JSON.stringify(message)}\n`)
        else {
          terminal.out(bytesOf(message))
          terminal.out('\n')
        }
      }
      if (keep === true) return
      const failures = await queues.deleteMessages(
        name,
        messages.map(({ handle }) => handle),
      )
      for (const { detail } of failures) terminal.error(`not deleted: ${detail}\n`)
    })
}
