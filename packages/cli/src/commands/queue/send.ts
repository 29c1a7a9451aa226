import { Command, InvalidArgumentError } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext } from '../../terminal.ts'

interface SendFlags extends ConnectionFlags {
  delay?: number
  priority?: number
}

/** `millrace queue send NAME [TEXT]`: one message, from standard input when there is no text. */
export function queueSendCommand({ terminal, exit }: CommandContext): Command {
  return new Command('send')
    .description('send a message; without a text, what is on standard input')
    .argument('<name>', 'queue')
    .argument('[text]', 'the message')
    .option('--delay <seconds>', 'how long it waits before it can be received', wholeNumber)
    .option('--priority <number>', 'from 1, the first to be handed out, to 16', wholeNumber)
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, text: string | undefined, flags: SendFlags) => {
      const body =
        text === undefined
          ? { bodyBase64: Buffer.from(await terminal.readInput()).toString('base64') }
          : { body: text }
      const [outcome] = await connect(terminal, flags).queues.send(name, [
        {
          ...body,
          ...(flags.delay === undefined ? {} : { delayMs: flags.delay * 1_000 }),
          ...(flags.priority === undefined ? {} : { priority: flags.priority }),
        },
      ])
      if (outcome?.status === 'sent') {
        terminal.out(`${outcome.id}\n`)
        return
      }
      terminal.error(`${outcome?.code ?? 'refused'}: ${outcome?.detail ?? 'the message was not taken'}\n`)
      exit(1)
    })
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}
