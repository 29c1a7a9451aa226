import type { Client, ResourceClient } from '@millrace/sdk'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import { renderTable } from '../table.ts'
import type { CommandContext } from '../terminal.ts'

interface GetFlags extends ConnectionFlags {
  bus?: string
  status?: boolean
  json?: boolean
}

/** `millrace get KIND [NAME]`: one resource whole, or a table of all. */
export function getCommand({ terminal }: CommandContext): Command {
  return new Command('get')
    .description('show buses, rules, functions, streams or instances')
    .argument('<kind>', 'buses, rules, functions, streams, instances, queues or topics')
    .argument('[name]', 'one of them, whole')
    .option('--bus <bus>', 'the bus whose rules are meant')
    .option('--status', 'what is going on with it right now')
    .option('--json', 'JSON instead of a table or YAML')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (kind: string, name: string | undefined, flags: GetFlags) => {
      const resources = resourcesOf(connect(terminal, flags), kind, flags.bus)
      const show = (value: unknown): void =>
        terminal.out(flags.json === true ? `${JSON.stringify(value, null, 2)}\n` : stringify(value))
      if (name !== undefined) {
        show(flags.status === true ? await resources.status(name) : await resources.get(name))
        return
      }
      const items = await Array.fromAsync(resources.all())
      if (flags.json === true) show(items)
      else {
        const rows = items.map(item => [
          item.name,
          String(item.revision),
          new Date(item.updatedAtMs).toISOString(),
        ])
        terminal.out(renderTable(['name', 'revision', 'changed'], rows))
      }
    })
}

function resourcesOf(client: Client, kind: string, bus: string | undefined): ResourceClient<unknown> {
  if (kind === 'buses' || kind === 'bus') return client.buses
  if (kind === 'functions' || kind === 'function') return client.functions
  if (kind === 'rules' || kind === 'rule') {
    if (bus === undefined) throw new Error('whose rules? add --bus NAME')
    return client.rules(bus)
  }
  if (kind === 'streams' || kind === 'stream') return client.streams
  if (kind === 'instances' || kind === 'instance') return client.instances
  if (kind === 'queues' || kind === 'queue') return client.queues
  if (kind === 'topics' || kind === 'topic') return client.topics
  throw new Error(
    `there is no kind ${kind}; there are buses, rules, functions, streams, instances, queues and topics`,
  )
}
