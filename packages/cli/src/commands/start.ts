import { Command } from 'commander'
import type { CommandContext } from '../terminal.ts'

/** `millrace start`: the server with its settings from the environment. */
export function startCommand({ terminal, exit }: CommandContext): Command {
  return new Command('start')
    .description('run the server; settings come from MILLRACE_… variables')
    .action(async () => {
      const { runServer } = await import('@millrace/server')
      exit(await runServer({ environment: terminal.environment, interrupted: terminal.interrupted() }))
    })
}
