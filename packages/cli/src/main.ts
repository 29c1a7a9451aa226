import { readFileSync } from 'node:fs'
import { MillraceError } from '@millrace/sdk'
import { Command, CommanderError } from 'commander'
import {
  applyCommand,
  destroyCommand,
  devCommand,
  diffCommand,
  exportCommand,
  fnCommand,
  getCommand,
  groupCommand,
  importCommand,
  instanceCommand,
  keyCommand,
  layerCommand,
  planCommand,
  policyCommand,
  queueCommand,
  quotaCommand,
  roleCommand,
  runtimeCommand,
  schemaCommand,
  sendCommand,
  sessionCommand,
  startCommand,
  streamCommand,
  tailCommand,
  testPatternCommand,
  traceCommand,
  userCommand,
} from './commands/index.ts'
import { type Terminal, systemTerminal } from './terminal.ts'

/** Runs one command line; resolves with the exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 (`plan`, `diff`) there is something to do. */
export async function main(args: readonly string[], terminal: Terminal = systemTerminal()): Promise<number> {
  const program = new Command('millrace')
    .description('Event bus and functions in one program.')
    .version(version(), '-v, --version', 'show the version')
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.out(text), writeErr: text => terminal.error(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows what there is)')
  let exitCode = 0
  const context = { terminal, exit: (code: number) => (exitCode = code) }
  const commands = [
    startCommand,
    devCommand,
    sendCommand,
    tailCommand,
    planCommand,
    diffCommand,
    applyCommand,
    destroyCommand,
    exportCommand,
    importCommand,
    schemaCommand,
    fnCommand,
    layerCommand,
    runtimeCommand,
    streamCommand,
    instanceCommand,
    queueCommand,
    userCommand,
    groupCommand,
    roleCommand,
    policyCommand,
    keyCommand,
    sessionCommand,
    quotaCommand,
    getCommand,
    testPatternCommand,
    traceCommand,
  ]
  for (const make of commands) program.addCommand(inheriting(make(context), program))
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    terminal.error(`${terminal.colors.red('error')} ${describeFailure(thrown)}\n`)
    return 1
  }
}

/** Commands that are added do not inherit by themselves how the program ends and where it writes. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const part of command.commands) inheriting(part, command)
  return command
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function describeFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  // A command may have named the item it was at; the code is then that of the cause.
  const failure = thrown.cause instanceof MillraceError ? thrown.cause : thrown
  const code = 'code' in failure && typeof failure.code === 'string' ? ` [${failure.code}]` : ''
  const hint = code === ' [client.unreachable]' ? '\nIs it running? Start it with: npx millrace start' : ''
  return `${thrown.message}${code}${hint}`
}
