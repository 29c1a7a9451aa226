import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../process/index.ts'
import { Tree } from '../source/index.ts'
import { generatedPages } from './pages.ts'

const tree = new Tree(repositoryRoot)
for (const page of generatedPages) {
  const text = await page.make(tree)
  const changed = tree.get(page.path)?.text !== text
  if (changed) {
    mkdirSync(dirname(join(repositoryRoot, page.path)), { recursive: true })
    writeFileSync(join(repositoryRoot, page.path), text)
  }
  console.log(`${changed ? 'written  ' : 'unchanged'} ${page.path}`)
}
