import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../process/index.ts'
import { completeLock, type LockFile, lockFilePaths, missingOptionals } from './complete.ts'

for (const name of lockFilePaths) {
  const path = join(repositoryRoot, name)
  const lock = JSON.parse(readFileSync(path, 'utf8')) as LockFile
  const missing = missingOptionals(lock)
  if (missing.length > 0) writeFileSync(path, `${JSON.stringify(completeLock(lock), undefined, 2)}\n`)
  console.log(`${name}: ${missing.length} optional packages of other platforms added`)
}
