import type { Client, FunctionSpec, PutResult } from '@millrace/sdk'
import { MillraceError } from '@millrace/sdk'
import { CodeUploads, layerVersions, packCode, putItem } from '@millrace/sdk/deploy'
import { Command, InvalidArgumentError } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { type DeploySource, findSource } from './deploy-source.ts'
import { publishAndPoint } from './publish.ts'

interface DeployFlags extends ConnectionFlags {
  name?: string
  runtime?: string
  handler?: string
  initializer?: string
  memory?: number
  timeout?: number
  concurrency?: number
  instances?: number
  env?: Record<string, string>
  layer?: string[]
  publish?: boolean
  alias?: string
}

/** `millrace fn deploy [PATH]`: brings a function to a server; a second time changes nothing. */
export function deployCommand({ terminal }: CommandContext): Command {
  return new Command('deploy')
    .description('bring a function to the server: code and settings')
    .argument('[path]', 'folder with a millrace.config.yaml, or the code: a folder, a zip, a file', '.')
    .option('--name <name>', 'name of the function; that of the wiring, folder or file unless told')
    .option('--runtime <runtime>', 'such as nodejs, python, custom, go1, java')
    .option('--handler <handler>', 'what is called for each event, such as index.handler')
    .option('--initializer <handler>', 'what is called once before the first event')
    .option('--memory <MiB>', 'memory of one instance', number)
    .option('--timeout <seconds>', 'longest invocation', number)
    .option('--concurrency <count>', 'invocations at once in one instance', number)
    .option('--instances <count>', 'instances at most', number)
    .option('--env <NAME=value...>', 'environment of the code, added to what there is', environment)
    .option('--layer <name:version...>', 'layers, in place of those there are')
    .option('--publish', 'publish a version of it')
    .option('--alias <alias>', 'publish a version, and let this alias point to it')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (path: string, flags: DeployFlags) => {
      const client = connect(terminal, flags)
      const source = await findSource(path, flags.name)
      const before = await current(client, source.name)
      const code = await sendCode(terminal, client, source)
      const told = { ...source.spec, ...settings(flags, before?.spec, source.spec) }
      const layers = await layerVersions({ client, layers: new Map() }, told.layers)
      const spec = { ...before?.spec, ...told, ...layers, code }
      if (spec.runtime === undefined) throw new Error(runtimeQuestion(source))
      const put = await client.functions.put(source.name, spec)
      terminal.out(`${changeText(terminal, put, before?.revision)} function ${source.name}\n`)
      await putParts(terminal, client, source)
      if (flags.publish === true || flags.alias !== undefined)
        await publishAndPoint(terminal, client, source.name, flags.alias)
      await showUrls(terminal, client, source.name)
      terminal.error(terminal.colors.dim(`call it: millrace fn invoke ${source.name}\n`))
    })
}

/** Triggers and settings, which are written whether they have changed or not: the server knows. */
async function putParts(terminal: Terminal, client: Client, { parts }: DeploySource): Promise<void> {
  const context = { client, uploads: new CodeUploads(client), folder: '.', layers: new Map<string, number>() }
  for (const item of parts) {
    const { created } = await putItem(context, item)
    const change = created ? terminal.colors.green('created  ') : terminal.colors.dim('in force ')
    terminal.out(`${change} ${item.kind.padEnd(8)} ${item.function}/${item.name}\n`)
  }
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.')
  return value
}

function environment(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('It is not of the form NAME=value.')
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) }
}

/** Only what was told: the rest stays as it is on the server or in the wiring. */
function settings(
  flags: DeployFlags,
  before: Partial<FunctionSpec> | undefined,
  wired: Partial<FunctionSpec>,
): Partial<FunctionSpec> {
  const told = {
    runtime: flags.runtime,
    handler: flags.handler,
    initializer: flags.initializer,
    memoryMiB: flags.memory,
    timeoutMs: flags.timeout === undefined ? undefined : Math.round(flags.timeout * 1_000),
    concurrencyPerInstance: flags.concurrency,
    instancesMax: flags.instances,
    environment:
      flags.env === undefined ? undefined : { ...(wired.environment ?? before?.environment), ...flags.env },
    layers: flags.layer,
  }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}

async function current(
  client: Client,
  name: string,
): Promise<{ spec: FunctionSpec; revision: number } | undefined> {
  try {
    return await client.functions.get(name)
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.status === 404) return undefined
    throw thrown
  }
}

async function sendCode(terminal: Terminal, client: Client, source: DeploySource): Promise<string> {
  const { uploaded, files } = await withProgress(terminal, async progress => {
    progress(`reading ${source.codePath} …`)
    const packed = await packCode(source.codePath)
    progress(`sending ${sizeText(packed.zip.length)} …`)
    return { uploaded: await client.uploadZip(packed.zip), files: packed.files }
  })
  const count = files ?? uploaded.files
  terminal.out(
    `${terminal.colors.green('sent     ')} ${count} ${count === 1 ? 'file' : 'files'}, ${sizeText(uploaded.bytes)} packed, ${sizeText(uploaded.unpackedBytes)} unpacked\n`,
  )
  return uploaded.code
}

/** Shows what is going on, to a person who watches, in a line that is empty afterwards. */
async function withProgress<Result>(
  terminal: Terminal,
  work: (progress: (text: string) => void) => Promise<Result>,
): Promise<Result> {
  const progress = (text: string): void => {
    if (terminal.isInteractive) terminal.error(`\r\u001b[2K${text}`)
  }
  try {
    return await work(progress)
  } finally {
    progress('')
  }
}

export function sizeText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}

function changeText({ colors }: Terminal, put: PutResult, before: number | undefined): string {
  if (put.created) return colors.green('created  ')
  return put.revision === before ? colors.dim('unchanged') : colors.yellow('changed  ')
}

function runtimeQuestion({ codePath }: DeploySource): string {
  return `which runtime is the code in ${codePath} for? Say so with --runtime and --handler, or begin with: millrace fn init`
}

/** Where HTTP triggers are called. */
async function showUrls(terminal: Terminal, client: Client, name: string): Promise<void> {
  for await (const { spec } of client.functionTriggers(name).all()) {
    if (spec.kind !== 'http') continue
    const url = await client.functionUrl(name, spec.qualifier)
    terminal.out(`${terminal.colors.green('url      ')} ${url}\n`)
  }
}
