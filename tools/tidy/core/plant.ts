import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Finding } from './finding.ts'
import type { Rule } from './rule.ts'
import { Tree } from '../../source/index.ts'

/** A temporary repository for the tests of rules; removed when disposed. */
export interface Plot extends Disposable {
  readonly root: string
  check(rule: Rule): Promise<Finding[]>
}

/** Writes the given files (path → text) into a new temporary folder. */
export function plant(files: Readonly<Record<string, string>>): Plot {
  const root = mkdtempSync(join(tmpdir(), 'millrace-tidy-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return {
    root,
    check: async rule => rule.check(new Tree(root)),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}
