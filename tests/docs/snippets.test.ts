import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Block, readBlocks } from '../../tools/docs/index.ts'
import { repositoryRoot } from '../../tools/process/index.ts'
import { testLimitMs } from '../end-to-end/index.ts'
import { compileBlocks } from './code.ts'
import { dataJudge } from './data.ts'
import { isLeftOut, isTyped, runPage } from './run-page.ts'

/** What becomes of each language on a page. One that is not here fails the test. */
const treatments: Readonly<Record<string, 'typed' | 'shown' | 'compiled' | 'judged' | 'settings'>> = {
  sh: 'typed',
  console: 'typed',
  text: 'shown',
  ts: 'compiled',
  js: 'compiled',
  json: 'judged',
  yaml: 'judged',
  ini: 'settings',
}

interface Page {
  readonly path: string
  readonly blocks: readonly Block[]
}

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')
const pages: readonly Page[] = [
  'README.md',
  ...readdirSync(join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md'))
    .map(path => `docs/${path}`)
    .toSorted(),
].map(path => ({ path, blocks: readBlocks(read(path)) }))
const own = pages.filter(({ path }) => !path.startsWith('docs/zh/'))
const scripts = new Set(Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)).add(
  'test',
)

const place = (page: Page, block: Block): string => `${page.path}:${block.line}`
const blocksOf = (treatment: string) =>
  own.flatMap(page =>
    page.blocks
      .filter(block => treatments[block.language] === treatment && !isLeftOut(block))
      .map(block => ({ page, block })),
  )

describe('every snippet of the documentation is tried', () => {
  test('each block has a language that this test knows what to do with', () => {
    const unknown = pages.flatMap(page =>
      page.blocks
        .filter(({ language }) => treatments[language] === undefined)
        .map(block => `${place(page, block)}: "${block.language}"`),
    )
    expect(unknown).toEqual([])
  })

  test('a block that is not tried here says why, or names the test that does', () => {
    const leftOut = own.flatMap(page =>
      page.blocks.filter(isLeftOut).map(({ line, directive }) => ({ path: page.path, line, directive })),
    )
    for (const { path, line, directive } of leftOut) {
      if (directive?.kind === 'not-run') console.log(`${path}:${line}: not run: ${directive.reason}`)
      if (directive?.kind !== 'run-by') continue
      console.log(`${path}:${line}: run by ${directive.path}`)
      expect(read(directive.path), `${directive.path} is about ${path}`).toContain(path)
    }
    const tried = own.flatMap(page => page.blocks).length - leftOut.length
    console.log(`${tried} blocks tried, ${leftOut.length} not tried here`)
    expect(tried).toBeGreaterThan(leftOut.length)
  })

  test('code compiles against the workspaces and libraries that it imports', {
    timeout: testLimitMs,
  }, async () => {
    const blocks = blocksOf('compiled').map(({ page, block }) => ({ page: page.path, block }))
    expect(await compileBlocks(blocks)).toEqual([])
  })

  test('wirings, patterns and policies are what the server takes', { timeout: testLimitMs }, async () => {
    await using judge = await dataJudge()
    const refused: string[] = []
    for (const { page, block } of blocksOf('judged')) {
      await judge
        .judge(block)
        .catch((error: unknown) => refused.push(`${place(page, block)}: ${String(error)}`))
    }
    expect(refused).toEqual([])
  })

  test('settings are lines with a name and a value', () => {
    for (const { page, block } of blocksOf('settings')) {
      for (const line of block.text.trim().split('\n'))
        expect(line, place(page, block)).toMatch(/^(?:\[\w+\]|\w+=.+|[#;].*)?$/)
    }
  })

  for (const page of own.filter(({ blocks }) => blocks.some(isTyped))) {
    test(`${page.path} runs as it is typed`, { timeout: testLimitMs }, async () => {
      await runPage(page.path, page.blocks, scripts)
    })
  }
})

test('a Chinese page has the commands, the code and the settings of its English page', () => {
  const shown = (blocks: readonly Block[]) =>
    blocks.filter(({ language }) => language !== 'text').map(({ text }) => text)
  for (const page of pages.filter(({ path }) => path.startsWith('docs/zh/'))) {
    const original = own.find(({ path }) => path === page.path.replace('docs/zh/', 'docs/'))
    expect(original, `${page.path} has an English page`).toBeDefined()
    expect(shown(page.blocks), page.path).toEqual(shown(original?.blocks ?? []))
  }
})
