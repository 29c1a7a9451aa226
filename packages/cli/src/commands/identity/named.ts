import type { Client, ResourceClient } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { renderTable } from '../../table.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'

/** A kind of documents of identity, as its commands name it. */
export interface IdentityKind<Spec> {
  readonly title: string
  readonly many: string
  of(client: Client): ResourceClient<Spec>
  /** Further columns of the table: their titles, and what of a spec stands in them. */
  readonly columns: Readonly<Record<string, (spec: Spec) => string>>
}

interface ListFlags extends ConnectionFlags {
  json?: boolean
}

/** `millrace KIND ls`: a table of all. */
export function lsCommand<Spec>({ terminal }: CommandContext, kind: IdentityKind<Spec>): Command {
  return new Command('ls')
    .description(`list the ${kind.many}`)
    .option('--json', 'JSON instead of a table')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (flags: ListFlags) => {
      const items = await Array.fromAsync(kind.of(connect(terminal, flags)).all())
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(items, null, 2)}\n`)
        return
      }
      const rows = items.map(({ name, spec }) => [
        name,
        ...Object.values(kind.columns).map(column => column(spec)),
      ])
      terminal.out(renderTable(['name', ...Object.keys(kind.columns)], rows))
    })
}

/** `millrace KIND rm NAME…` */
export function rmCommand<Spec>({ terminal }: CommandContext, kind: IdentityKind<Spec>): Command {
  return new Command('rm')
    .description(`delete ${kind.many}`)
    .argument('<name...>', `names of ${kind.many}`)
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (names: string[], flags: ConnectionFlags) => {
      const store = kind.of(connect(terminal, flags))
      for (const name of names) {
        await store.delete(name)
        terminal.out(`${terminal.colors.yellow('removed')}  ${kind.title} ${name}\n`)
      }
    })
}

/** Tells what became of a document that was written. */
export function toldWritten(terminal: Terminal, isNew: boolean, title: string, name: string): void {
  const { green, yellow } = terminal.colors
  terminal.out(`${isNew ? green('created') : yellow('written')}  ${title} ${name}\n`)
}

/** For options that may be said again and again. */
export function collected(value: string, before: string[] = []): string[] {
  return [...before, value]
}

/** The members of a spec that were said. */
export function said<Members extends object>(members: Members): Partial<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<Members>
}
