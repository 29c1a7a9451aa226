import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadOptions, LoadResult } from './load-options.ts'
import type { ProcessKeeper } from './process-keeper.ts'

/** What the load process answers. */
export type LoadAnswer = { readonly result: LoadResult } | { readonly error: string }

const program = fileURLToPath(new URL('load-process.ts', import.meta.url))

/** Drives a server from a process of its own, so that generator and scenario do not share an event loop. */
export async function load(
  options: LoadOptions,
  keeper: ProcessKeeper,
  signal: AbortSignal,
): Promise<LoadResult> {
  signal.throwIfAborted()
  const child = keeper.keep(fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>()
  const onAbort = () => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  child.once('message', (answer: LoadAnswer) => {
    if ('result' in answer) resolve(answer.result)
    else reject(new Error(`load: ${answer.error}`))
  })
  child.once('error', reject)
  child.once('exit', (code, killed) =>
    reject(new Error(`the load process ended with ${killed ?? String(code)}`)),
  )
  child.send(options)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    child.kill('SIGKILL')
  }
}
