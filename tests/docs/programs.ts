import { join } from 'node:path'
import { packCode } from '@millrace/sdk/deploy'
import type { Block } from '../../tools/docs/index.ts'
import type { PageTerminal } from './page-terminal.ts'

/** Whether a block is a whole program: it imports what it uses and waits for it, and is no file of the page. */
export function isProgram({ language, file, text }: Block): boolean {
  return (
    language === 'js' && file === undefined && /^import /m.test(text) && /^(?:const .*= )?await /m.test(text)
  )
}

/**
 * Writes a program of a page where it can be run, with the key of the server in the place of `'MR…'` and `'…'`, and in front of
 * it what the page says is given. Returns the command that runs it.
 */
export async function writeProgram(
  terminal: PageTerminal,
  { text, line, directive }: Block,
): Promise<string> {
  const names = directive?.kind === 'given' ? directive.names : []
  const given = await Promise.all(names.map(name => definitionOf(terminal, name)))
  const program = text.replaceAll("'MR…'", 'process.env.KEY_ID').replaceAll("'…'", 'process.env.KEY_SECRET')
  const path = `program-${line}.mjs`
  await terminal.write(path, `${given.join('\n')}\n${program}`)
  return `node ${path}`
}

async function definitionOf(terminal: PageTerminal, name: string): Promise<string> {
  if (name === 'accessKeyId') return 'const accessKeyId = process.env.KEY_ID'
  if (name === 'accessKeySecret') return 'const accessKeySecret = process.env.KEY_SECRET'
  if (name !== 'zip') throw new Error(`nobody knows what "${name}" is that a page says is given`)
  await terminal.write('code/index.js', 'exports.handler = async event => `got ${event.toString()}`\n')
  const { zip } = await packCode(join(terminal.folder, 'code'))
  return `const zip = Buffer.from('${Buffer.from(zip).toString('base64')}', 'base64')`
}
