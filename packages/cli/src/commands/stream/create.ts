import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Client, StreamSpec } from '@millrace/sdk'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parse } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import { hasAddress } from '../../stream-address.ts'
import type { CommandContext } from '../../terminal.ts'
import { functionOf, sinkOf, sourceOf } from './place.ts'

interface CreateFlags extends ConnectionFlags {
  file?: string
  from?: string
  instance?: string
  to?: string
  toInstance?: string
  via?: string[]
  pattern?: string
  deadLetter?: string
  option?: string[]
  toOption?: string[]
  tasks?: number
  batch?: number
  windowMs?: number
  rate?: number
  block?: boolean
  paused?: boolean
}

/** `millrace stream create NAME --from … --to …`, or from a file with `-f`. Written a second time it is changed. */
export function streamCreateCommand({ terminal }: CommandContext): Command {
  return new Command('create')
    .description('make a stream, or change the one of this name')
    .argument('[name]', 'name of the stream; that of the file unless told')
    .option(
      '-f, --file <path>',
      'its definition in YAML or JSON, instead of all flags below; - reads standard input',
    )
    .option('--from <system:subject>', 'where it reads, such as kafka:orders or file:/srv/orders.jsonl')
    .option('--instance <name>', 'the named system that it reads from')
    .option('--option <name=value...>', 'further options of the source')
    .option(
      '--to <kind:name>',
      'where it writes: function:NAME, bus:NAME, queue:NAME, topic:NAME, SYSTEM:SUBJECT',
    )
    .option('--to-instance <name>', 'the named system that it writes to')
    .option('--to-option <name=value...>', 'further options of the sink')
    .option('--pattern <json>', 'only events that match; @file reads it from a file')
    .option('--via <function...>', 'functions that change each batch, one after the other')
    .option('--dead-letter <kind:name>', 'where records go whose retries are used up; written as with --to')
    .addOption(number('--tasks <number>', 'readers that share the records'))
    .addOption(number('--batch <records>', 'records of one batch at most'))
    .addOption(number('--window-ms <ms>', 'longest wait for a batch to fill'))
    .addOption(number('--rate <records>', 'records written per second at most'))
    .option('--block', 'stop before a record whose retries are used up, instead of going on')
    .option('--paused', 'do not begin yet')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string | undefined, flags: CreateFlags) => {
      const client = connect(terminal, flags)
      const readInput = async (): Promise<string> => Buffer.from(await terminal.readInput()).toString()
      const { name: called, spec } =
        flags.file === undefined
          ? { name, spec: await specOf(client, name ?? '', flags) }
          : await readSpec(flags.file, name, flags, readInput)
      if (called === undefined) throw new Error('which name? millrace stream create NAME …')
      const { created } = await client.streams.put(called, spec)
      const { green, yellow, dim } = terminal.colors
      terminal.out(`${created ? green('created') : yellow('written')}  stream ${called}\n`)
      if (hasAddress(spec)) {
        terminal.out(`${dim('url')}      ${await client.streamUrl(called)}\n`)
      }
      terminal.error(dim(`see how it goes: millrace stream status ${called} --watch\n`))
    })
}

async function specOf(client: Client, name: string, flags: CreateFlags): Promise<StreamSpec> {
  const { from, to } = flags
  if (from === undefined || to === undefined) {
    throw new Error('from where to where? --from SYSTEM:SUBJECT --to function:NAME, or -f FILE')
  }
  const connectors = await client.connectors()
  const source = sourceOf(
    { place: from, instance: flags.instance, assignments: flags.option ?? [] },
    connectors,
    name,
  )
  const sink = sinkOf(
    { place: to, instance: flags.toInstance, assignments: flags.toOption ?? [] },
    connectors,
  )
  const { deadLetter, tasks, batch, windowMs, rate } = flags
  const letters =
    deadLetter === undefined ? undefined : { place: deadLetter, instance: undefined, assignments: [] }
  return {
    source,
    sink,
    ...(flags.pattern === undefined ? {} : { pattern: await patternOf(flags.pattern) }),
    ...(flags.via === undefined ? {} : { functions: flags.via.map(functionOf) }),
    ...(letters === undefined ? {} : { deadLetter: sinkOf(letters, connectors) }),
    ...(tasks === undefined ? {} : { tasksMax: tasks }),
    ...(batch === undefined && windowMs === undefined
      ? {}
      : {
          batch: {
            ...(batch === undefined ? {} : { countMax: batch }),
            ...(windowMs === undefined ? {} : { windowMs }),
          },
        }),
    ...(rate === undefined ? {} : { ratePerSecondMax: rate }),
    ...(flags.block === true ? { onExhausted: 'block' } : {}),
    ...(flags.paused === true ? { paused: true } : {}),
  }
}

async function patternOf(text: string): Promise<Record<string, unknown>> {
  const source = text.startsWith('@') ? await readFile(text.slice(1), 'utf8') : text
  return parse(source) as Record<string, unknown>
}

/** Flags that a file has instead. */
const fileFlags = [
  'from',
  'to',
  'instance',
  'toInstance',
  'option',
  'toOption',
  'pattern',
  'via',
  'deadLetter',
  'tasks',
  'batch',
  'windowMs',
  'rate',
  'block',
] as const satisfies readonly (keyof CreateFlags)[]

/** A definition from a file: the spec, or what `millrace get streams NAME` shows, with its name beside the spec. */
async function readSpec(
  path: string,
  name: string | undefined,
  flags: CreateFlags,
  readInput: () => Promise<string>,
): Promise<{ name: string | undefined; spec: StreamSpec }> {
  const both = fileFlags.find(flag => flags[flag] !== undefined)
  if (both !== undefined) throw new Error(`--file and --${both} do not go together: the file says it all`)
  const text = path === '-' ? await readInput() : await readFile(path, 'utf8')
  const document: unknown = parse(text)
  if (typeof document !== 'object' || document === null) throw new Error(`${path} holds no stream`)
  const { name: own, spec } =
    'spec' in document ? (document as { name?: unknown; spec: unknown }) : { spec: document }
  const fallback = path === '-' ? undefined : basename(path, extname(path))
  return {
    name: name ?? (typeof own === 'string' ? own : fallback),
    spec: { ...(spec as StreamSpec), ...(flags.paused === true ? { paused: true } : {}) },
  }
}

function number(flags: string, description: string): Option {
  return new Option(flags, description).argParser(text => {
    if (text.trim() === '' || Number.isNaN(Number(text)))
      throw new InvalidArgumentError('It is not a number.')
    return Number(text)
  })
}
