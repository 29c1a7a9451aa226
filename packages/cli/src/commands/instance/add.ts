import { readFile } from 'node:fs/promises'
import type { Client, ConnectorInfo, OptionSchema } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { flagTable, optionFlags, parseFlags } from '../../options/index.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'

interface AddFlags extends ConnectionFlags {
  description?: string
}

/**
 * `millrace instance add SYSTEM NAME --…`: names an external system. The flags are the connection options of its connector, which
 * the server knows; without a name they are listed.
 */
export function instanceAddCommand({ terminal, exit }: CommandContext): Command {
  return (
    new Command('add')
      .description(
        'name an external system; its flags are those of its connector, listed when there is no name',
      )
      .argument('<system>', 'its kind, such as kafka')
      // With all flags of the connector, which only the server knows.
      .argument('[name...]', 'what streams and targets call it, such as the id of a cloud instance')
      .usage('<system> <name> [--option value]… [--secret-file path]… [--secret-env variable]…')
      .option('--description <text>', 'what it is')
      .addOption(urlFlag())
      .addOption(dataFlag())
      .allowUnknownOption()
      .action(async (system: string, words: string[], flags: AddFlags) => {
        const client = connect(terminal, flags)
        const connection = connectionOf(await client.connectors(), system)
        const source = {
          environment: terminal.environment,
          readFile: (path: string) => readFile(path, 'utf8'),
        }
        const { operands, options } = await parseFlags(connection, words, source)
        const [name, ...others] = operands
        if (others.length > 0) throw new Error(`what is ${others.join(' ')}? One name is wanted`)
        if (name === undefined) {
          terminal.error(`which name? millrace instance add ${system} NAME, with what is needed of:\n`)
          terminal.error(renderTable(['flag', 'meaning'], flagTable(optionFlags(connection))))
          exit(2)
          return
        }
        await putInstance(terminal, client, { system, name, options, description: flags.description })
      })
  )
}

/** Adds what is told to nothing: options that are not said again have their defaults again. */
async function putInstance(
  terminal: Terminal,
  client: Client,
  instance: {
    readonly system: string
    readonly name: string
    readonly options: Record<string, unknown>
    readonly description: string | undefined
  },
): Promise<void> {
  const { system: connector, name, options, description } = instance
  const { created } = await client.instances.put(name, {
    connector,
    options,
    ...(description === undefined ? {} : { description }),
  })
  const { green, yellow, dim } = terminal.colors
  terminal.out(`${created ? green('created') : yellow('written')}  instance ${name} of ${connector}\n`)
  terminal.error(
    dim(`use it: millrace stream create NAME --from ${connector}:… --instance ${name} --to function:…\n`),
  )
}

function connectionOf(connectors: readonly ConnectorInfo[], system: string): OptionSchema {
  const found = connectors.find(connector => connector.system === system)
  if (found?.connection !== undefined) return found.connection
  const able = connectors.filter(({ connection }) => connection !== undefined).map(one => one.system)
  const reason = found === undefined ? 'is not installed' : 'has no instances'
  throw new Error(
    `${system} ${reason}; there are instances of ${able.join(', ') || 'nothing that is installed'}`,
  )
}
