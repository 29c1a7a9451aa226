import { type LockFile, missingOptionals } from '../../lock/index.ts'
import { reporter, type Rule } from '../core/index.ts'

const name = 'lock-file'
const report = reporter(name)

/** `npm ci` works on every platform: each optional package that the lock file names has an entry in it. */
export function lockFileRule(): Rule {
  return {
    name,
    demand: 'The lock file has an entry for every optional package.',
    check: tree => {
      const path = 'package-lock.json'
      const lock = tree.json(path) as LockFile | undefined
      if (lock === undefined) return [report({ path, problem: 'missing or not JSON', advice: 'npm install' })]
      const missing = missingOptionals(lock)
      if (missing.length === 0) return []
      const problem = `${missing.length} optional packages have no entry, the first is ${missing[0]?.name ?? ''}`
      return [report({ path, problem, advice: 'npm run lock, or npm ci refuses the file' })]
    },
  }
}
