import { Command } from 'commander'
import type { CommandContext } from '../../terminal.ts'
import { aliasCommand } from './alias.ts'
import { deployCommand } from './deploy.ts'
import { initCommand } from './init.ts'
import { invokeCommand } from './invoke.ts'
import { logsCommand } from './logs.ts'
import { lsCommand } from './ls.ts'
import { publishCommand } from './publish.ts'
import { rmCommand } from './rm.ts'
import { versionsCommand } from './versions.ts'

export { sizeText } from './deploy.ts'
export { logText } from './logs.ts'

/** `millrace fn …`: everything about functions. */
export function fnCommand(context: CommandContext): Command {
  const command = new Command('fn').description('begin, deploy, call and look at functions')
  const parts = [
    initCommand,
    deployCommand,
    invokeCommand,
    logsCommand,
    lsCommand,
    rmCommand,
    publishCommand,
    versionsCommand,
    aliasCommand,
  ]
  for (const make of parts) command.addCommand(make(context))
  return command
}
