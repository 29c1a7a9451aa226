import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import type { Block } from '../../tools/docs/index.ts'
import { installedCommand, repositoryRoot } from '../../tools/process/index.ts'

/** A block of TypeScript or JavaScript with the page it is on. */
export interface CodeBlock {
  readonly page: string
  readonly block: Block
}

/** Compiles blocks against the workspaces and libraries of this checkout; returns what the compiler says, by place on the page. */
export async function compileBlocks(blocks: readonly CodeBlock[]): Promise<string[]> {
  const folder = join(repositoryRoot, '.cache', `docs-${process.pid}`)
  await mkdir(folder, { recursive: true })
  try {
    const places = new Map<string, CodeBlock>()
    for (const [index, code] of blocks.entries()) {
      // A program in JavaScript is held against the types of what it uses, but has none itself.
      const path = join(code.block.language === 'ts' ? 'strict' : 'loose', `block-${index}.ts`)
      places.set(path, code)
      await mkdir(join(folder, path, '..'), { recursive: true })
      await writeFile(join(folder, path), sourceOf(code.block))
    }
    const parts = [...new Set([...places.keys()].map(path => path.slice(0, path.indexOf('/'))))]
    const said = await Promise.all(parts.map(part => compile(folder, part, optionsOf[part] ?? {})))
    return said.flat().map(line => atPlace(line, places))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One line before the code: what the page says is given, and that it is a module. */
function sourceOf({ text, directive }: Block): string {
  const given = directive?.kind === 'given' ? directive.names : []
  return `export {}; ${given.map(name => `declare const ${name}: any;`).join(' ')}\n${text}`
}

const optionsOf: Readonly<Record<string, object>> = {
  loose: { strict: false, exactOptionalPropertyTypes: false },
}

async function compile(folder: string, part: string, options: object): Promise<string[]> {
  const configuration = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, rootDir: '../..', ...options },
    include: [part],
  }
  const path = join(folder, `tsconfig.${part}.json`)
  await writeFile(path, JSON.stringify(configuration))
  return await new Promise((resolve, reject) => {
    execFile(installedCommand('tsc'), ['-p', path, '--pretty', 'false'], { cwd: folder }, (failed, out) => {
      const faults = out.split('\n').filter(line => line.includes('error TS'))
      if (failed !== null && faults.length === 0) reject(failed)
      else resolve(faults.filter(line => !passedOver.test(line)))
    })
  })
}

/** A plain object where a library has a class, as programs in JavaScript give it. */
const passedOver = /TS2741/

function atPlace(line: string, places: ReadonlyMap<string, CodeBlock>): string {
  const [, path = '', row = '', rest = ''] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(line) ?? []
  const code = places.get(path)
  return code === undefined ? line : `${code.page}:${code.block.line + Number(row) - 1}: ${rest}`
}
