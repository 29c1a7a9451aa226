import { expect } from 'vitest'
import type { Block } from '../../tools/docs/index.ts'
import { follows, ownScripts, reads, splitCommands, startsServer } from './commands.ts'
import { missingLine } from './output.ts'
import { PageTerminal, type Said, until } from './page-terminal.ts'
import { isProgram, writeProgram } from './programs.ts'

/**
 * Follows a page as somebody would who types it: writes its files, types its commands in their order, and holds the output
 * that it shows against what comes. Fails at the first command that does not end as the page has it, with its line.
 */
export async function runPage(
  page: string,
  blocks: readonly Block[],
  scripts: ReadonlySet<string>,
): Promise<void> {
  const terminal = await PageTerminal.open()
  for (const [index, block] of blocks.entries()) {
    if (isLeftOut(block)) continue
    if (block.file !== undefined && block.language !== 'sh') await terminal.write(block.file, block.text)
    let before = ''
    for (const typed of await typedIn(terminal, block, blocks[index + 1])) {
      before += await typeOne(terminal, { page, scripts, before, ...typed })
    }
  }
}

/** Whether a page says that a block is not tried with the others. */
export function isLeftOut({ directive }: Block): boolean {
  return directive?.kind === 'not-run' || directive?.kind === 'run-by'
}

/** Whether somebody types or runs something here. */
export function isTyped(block: Block): boolean {
  if (isLeftOut(block)) return false
  return block.language === 'sh' || block.language === 'console' || isProgram(block)
}

interface Typed {
  readonly command: string
  readonly line: number
  readonly status: number
  /** What the page shows of what was said until then in the block. */
  readonly shown: string
}

interface Place {
  readonly page: string
  readonly scripts: ReadonlySet<string>
  /** What the commands before it in its block have said. */
  readonly before: string
}

/** The commands of a block, or the one that runs it; what a following block of text shows is said by the last one. */
async function typedIn(terminal: PageTerminal, block: Block, next: Block | undefined): Promise<Typed[]> {
  if (block.language === 'console') return session(block)
  const isRun = isProgram(block)
  if (block.language !== 'sh' && !isRun) return []
  const commands = isRun ? [await writeProgram(terminal, block)] : splitCommands(block.text)
  const isShown = next?.follows === true && next.language === 'text' && next.directive === undefined
  return commands.map((command, index) => {
    const isLast = index === commands.length - 1
    return {
      command,
      line: block.line,
      status: isLast && block.directive?.kind === 'exit' ? block.directive.status : 0,
      shown: isLast && isShown ? (next?.text ?? '') : '',
    }
  })
}

/** A block with commands behind `$` and what each says below it. */
function session({ text, line, directive }: Block): Typed[] {
  const parts = text.split(/^\$ /m).slice(1)
  return parts.map((part, index) => {
    const end = /(?<!\\)\n/.exec(part)?.index ?? part.length
    return {
      command: part.slice(0, end),
      line,
      status: index === parts.length - 1 && directive?.kind === 'exit' ? directive.status : 0,
      shown: part.slice(end),
    }
  })
}

/** Types one command as the page has it; resolves with what it said. */
async function typeOne(terminal: PageTerminal, typed: Typed & Place): Promise<string> {
  const { command, status, before } = typed
  const place = `${typed.page}:${typed.line}: ${command}`
  const shown = terminal.here(typed.shown)
  const own = ownScripts(command)
  for (const script of own ?? []) expect(typed.scripts, place).toContain(script)
  if (own !== undefined) return ''
  if (!startsServer(command) && !terminal.isServing) await terminal.serve('npx millrace start')
  const missing = (text: string): string | undefined => missingLine(shown, `${before}\n${text}`)
  const isAsShown = (said: Said): boolean => said.status === status && missing(said.text) === undefined
  let last = await ended(terminal, command, text => text.trim() !== '' && missing(text) === undefined)
  if (reads(command) && !isAsShown(last)) {
    await until(async () => isAsShown((last = await terminal.type(command))))
  }
  const report = `${place}\nsaid:\n${before}${last.text}`
  expect(last.status, report).toBe(status)
  expect(missing(last.text), `${report}\nwithout the line of the page`).toBeUndefined()
  return last.text
}

async function ended(
  terminal: PageTerminal,
  command: string,
  isEnough: (text: string) => boolean,
): Promise<Said> {
  if (startsServer(command)) return { status: 0, text: await terminal.serve(command) }
  return follows(command) ? await terminal.watch(command, isEnough) : await terminal.type(command)
}
