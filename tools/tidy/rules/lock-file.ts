import { type LockFile, lockFilePaths, missingOptionals } from '../../lock/index.ts'
import { reporter, type Rule } from '../core/index.ts'

const name = 'lock-file'
const report = reporter(name)

/** `npm ci` works on every platform: each optional package that a lock file names has an entry in it. */
export function lockFileRule(): Rule {
  return {
    name,
    demand: 'A lock file has an entry for every optional package.',
    check: tree => lockFilePaths.flatMap(path => checkLock(path, tree.json(path) as LockFile | undefined)),
  }
}

function checkLock(path: string, lock: LockFile | undefined) {
  if (lock === undefined) return [report({ path, problem: 'missing or not JSON', advice: 'npm install' })]
  const missing = missingOptionals(lock)
  if (missing.length === 0) return []
  const problem = `${missing.length} optional packages have no entry, the first is ${missing[0]?.name ?? ''}`
  return [report({ path, problem, advice: 'npm run lock, or npm ci refuses the file' })]
}
