import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { file, terraform } from './program.mts'
import { backendOf, readObject } from './store.mts'

interface Upload {
  readonly data: { readonly oss: { readonly bucket: { name: string }; readonly object: { key: string } } }
}

/** What came of a file. */
export interface Run {
  readonly stack: string
  /**
   * `refused`: something would be destroyed, which nobody does by uploading a file. `failed`: the file has mistakes.
   */
  readonly verdict: 'applied' | 'unchanged' | 'refused' | 'failed'
  readonly add: number
  readonly change: number
  readonly remove: number
  readonly outputs: Readonly<Record<string, unknown>>
  readonly mistakes: readonly string[]
}

type Outcome = Omit<Run, 'stack'>

const nothing = { add: 0, change: 0, remove: 0, outputs: {}, mistakes: [] }

/** How long one run waits for another of the same stack. */
const lock = '-lock-timeout=60s'

/**
 * Plans and applies an uploaded file. What is wrong with the file is a result, to be told to whoever uploaded it. All else,
 * such as a store that is away, is an error, so that the call is tried again.
 */
export async function handler(bytes: Uint8Array): Promise<Run> {
  const { bucket, object } = (JSON.parse(new TextDecoder().decode(bytes)) as Upload).data.oss
  const stack = object.key.replace(/\.tf$/, '')
  const text = await readObject(bucket.name, object.key)
  if (text === undefined) return { stack, ...failed(['The file is gone.']) }
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  try {
    await writeFile(join(folder, file), text)
    // A file of this name is laid over the others, so the state is kept here whatever the uploaded one says.
    const override = { terraform: { backend: backendOf(stack) } }
    await writeFile(join(folder, 'state_override.tf.json'), JSON.stringify(override))
    const run = { stack, ...(await planAndApply(folder)) }
    console.log(`${stack} ${run.verdict}`)
    return run
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function planAndApply(folder: string): Promise<Outcome> {
  const { mistakes } = await terraform(folder, 'init')
  if (mistakes.length > 0) return failed(mistakes)
  const plan = await terraform(folder, 'plan', '-out=changes', '-detailed-exitcode', lock)
  if (plan.mistakes.length > 0) return failed(plan.mistakes)
  if (plan.status === 0) return { ...nothing, verdict: 'unchanged' }
  if (plan.changes.remove > 0) return { ...nothing, ...plan.changes, verdict: 'refused' }
  const apply = await terraform(folder, 'apply', lock, 'changes')
  if (apply.mistakes.length > 0) return failed(apply.mistakes)
  return { ...nothing, ...apply.changes, outputs: apply.outputs, verdict: 'applied' }
}

function failed(mistakes: readonly string[]): Outcome {
  return { ...nothing, mistakes, verdict: 'failed' }
}
