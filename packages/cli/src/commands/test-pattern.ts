import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { parse } from 'yaml'
import { connect, type ConnectionFlags, dataFlag, urlFlag } from '../connection.ts'
import { renderTable } from '../table.ts'
import type { CommandContext } from '../terminal.ts'

interface TestPatternFlags extends ConnectionFlags {
  dialect?: 'standard' | 'aliyun'
  json?: boolean
}

interface FieldVerdict {
  path?: unknown
  wanted?: unknown
  found?: unknown
  verdict?: unknown
}

/** `millrace test-pattern PATTERN EVENT`: would it match, and which field kept it from matching? Exit code 1 when not. */
export function testPatternCommand({ terminal, exit }: CommandContext): Command {
  return new Command('test-pattern')
    .description('ask whether a pattern matches an event, and why not')
    .argument('<pattern>', 'JSON, or @file')
    .argument('<event>', 'JSON, or @file')
    .addOption(new Option('--dialect <dialect>', 'meaning of the pattern').choices(['standard', 'aliyun']))
    .option('--json', 'the verdict as JSON')
    .addOption(urlFlag())
    .addOption(dataFlag())
    .action(async (pattern: string, event: string, flags: TestPatternFlags) => {
      const client = connect(terminal, flags)
      const verdict = await client.testPattern(await valueOf(event), await valueOf(pattern), flags.dialect)
      if (!verdict.matches) exit(1)
      if (flags.json === true) {
        terminal.out(`${JSON.stringify(verdict, null, 2)}\n`)
        return
      }
      const { green, red } = terminal.colors
      terminal.out(`${verdict.matches ? green('matches') : red('does not match')}\n`)
      const rows = (verdict.explanation as FieldVerdict[]).map(field => [
        text(field.path),
        text(field.wanted),
        text(field.found),
        text(field.verdict),
      ])
      terminal.out(renderTable(['field', 'wanted', 'found', 'verdict'], rows))
    })
}

async function valueOf(argument: string): Promise<unknown> {
  const source = argument.startsWith('@') ? await readFile(argument.slice(1), 'utf8') : argument
  return parse(source) as unknown
}

function text(value: unknown): string {
  if (value === undefined) return '–'
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  return shown.length > 60 ? `${shown.slice(0, 59)}…` : shown
}
