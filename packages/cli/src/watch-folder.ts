import { watch } from 'node:fs'

/** Quiet time after a change of files before it is told: editors write several times. */
const settleMs = 150

/** Changes of the files below a folder, kept until somebody asks. */
export interface FolderChanges extends Disposable {
  /** Resolves with true once files have changed since it last did, and been quiet for a moment; false when interrupted. */
  next(interrupted: AbortSignal): Promise<boolean>
}

/**
 * Watches a folder, but not what programs keep in it for themselves: `.millrace`, `.git`, `__pycache__`, and of
 * `node_modules` only the file that npm writes at the end of an installation, since watching all of it is expensive. Nor what
 * is appended to all the time: logs and files of JSON lines, which streams of a wiring may write into its folder.
 */
export function watchFolder(folder: string): FolderChanges {
  let hasChanged = false
  let onQuiet: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      hasChanged = true
      onQuiet?.()
    }, settleMs)
  }
  const ignore =
    /(^|[\\/])(\.millrace|\.git|__pycache__)([\\/]|$)|(^|[\\/])node_modules[\\/](?!\.package-lock\.json$)|\.(jsonl|ndjson|log)([.-][\w.-]+)?$/
  const watcher = watch(folder, { recursive: true, ignore }, changed)
  // A folder that went away while it was being looked at is a change like another.
  watcher.on('error', changed)
  return {
    async next(interrupted) {
      if (!hasChanged && !interrupted.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const finish = (): void => resolve()
        onQuiet = finish
        interrupted.addEventListener('abort', finish, { once: true })
        await promise
        interrupted.removeEventListener('abort', finish)
        onQuiet = undefined
      }
      hasChanged = false
      return !interrupted.aborted
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}
