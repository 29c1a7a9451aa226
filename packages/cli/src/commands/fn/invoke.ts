import { randomUUID } from 'node:crypto'
import { type Client, MillraceError } from '@millrace/sdk'
import { Command } from 'commander'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../../connection.ts'
import type { CommandContext, Terminal } from '../../terminal.ts'
import { logText } from './logs.ts'
import { explained } from './missing.ts'
import { readPayload, showPayload } from './payload.ts'

interface InvokeFlags extends ConnectionFlags {
  event?: string
  async?: boolean
  qualifier?: string
  log?: boolean
}

/** `millrace fn invoke NAME`: calls a function and shows what it gives back, or why it failed. */
export function invokeCommand({ terminal, exit }: CommandContext): Command {
  return new Command('invoke')
    .description('call a function and show what it gives back')
    .argument('<name>', 'name of the function')
    .option('-e, --event <json>', 'the event: JSON or text, @FILE, or - for standard input')
    .option('-q, --qualifier <qualifier>', 'version or alias; LATEST unless told')
    .option('--async', 'do not wait: the call is accepted, and retried when it fails')
    .option('-l, --log', 'show also what the invocation wrote to its log')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (name: string, flags: InvokeFlags) => {
      const client = connect(terminal, flags)
      const payload = await readPayload(terminal, flags.event)
      const call = { client, name, payload, requestId: randomUUID(), qualifier: flags.qualifier }
      if (flags.async === true) {
        const { requestId } = await explained(name, () => client.callLater(name, payload, optionsOf(call)))
        terminal.out(`accepted: ${requestId}\n`)
        terminal.error(terminal.colors.dim(`its log: millrace fn logs ${name} --request ${requestId}\n`))
        return
      }
      const isDone = await callAndShow(terminal, call)
      if (flags.log === true) await showLog(terminal, call)
      if (!isDone) exit(1)
    })
}

interface Call {
  readonly client: Client
  readonly name: string
  readonly payload: Uint8Array
  readonly requestId: string
  readonly qualifier: string | undefined
}

function optionsOf({ requestId, qualifier }: Call): { requestId: string; qualifier?: string } {
  return { requestId, ...(qualifier === undefined ? {} : { qualifier }) }
}

/** Resolves with false when the function has failed, which is then told. */
async function callAndShow(terminal: Terminal, call: Call): Promise<boolean> {
  const { client, name, payload, requestId } = call
  const startedAtMs = performance.now()
  const took = (): string => `${(performance.now() - startedAtMs).toFixed(0)} ms`
  try {
    const answer = await explained(name, () =>
      client.call(name, payload, { ...optionsOf(call), signal: terminal.interrupted() }),
    )
    terminal.out(terminal.isInteractive ? showPayload(answer.payload, answer.contentType) : answer.payload)
    const version = answer.version === undefined ? '' : `, version ${answer.version}`
    terminal.error(terminal.colors.dim(`${took()}${version}, request ${requestId}\n`))
    return true
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || typeof thrown.problem['errorMessage'] !== 'string') throw thrown
    terminal.error(failureText(terminal, thrown))
    terminal.error(terminal.colors.dim(`${took()}, request ${requestId}\n`))
    return false
  }
}

/** What went wrong, in the words of the code, with its stack. */
export function failureText({ colors }: Pick<Terminal, 'colors'>, { code, problem }: MillraceError): string {
  const { errorType, errorMessage, stackTrace } = problem
  const what = typeof errorType === 'string' ? `${errorType}: ` : ''
  const lines = Array.isArray(stackTrace) ? stackTrace.map(line => `    ${stackLine(line)}\n`) : []
  return `${colors.red('failed')} ${what}${String(errorMessage)} [${code}]\n${colors.dim(lines.join(''))}`
}

/** Most languages give lines, Python gives file, line, function and text. */
function stackLine(line: unknown): string {
  if (!Array.isArray(line)) return String(line).trim()
  const [file = '', number = '', name = '', text = ''] = line.map(String)
  const place = file.startsWith('File ') ? file : `File "${file}"`
  return `${place}, ${number.startsWith('line ') ? number : `line ${number}`}, in ${name}${text === '' ? '' : `  ${text}`}`
}

async function showLog(terminal: Terminal, { client, name, requestId }: Call): Promise<void> {
  for (const line of await client.functionLogs(name, { requestId }))
    terminal.error(logText(terminal, name, line))
}
