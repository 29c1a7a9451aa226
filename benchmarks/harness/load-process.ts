import { drive } from './drive.ts'
import type { LoadAnswer } from './load.ts'
import type { LoadOptions } from './load-options.ts'

// A load process lives only as long as the scenario that started it.
process.once('disconnect', () => process.exit(1))
process.once('message', (options: LoadOptions) => {
  drive(options, new AbortController().signal).then(
    result => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  )
})

function answer(message: LoadAnswer): void {
  process.send?.(message)
}
