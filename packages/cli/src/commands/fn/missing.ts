import { MillraceError } from '@millrace/sdk'

/** Does something with a function; when there is none of the name, the refusal says what to do. */
export async function explained<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    const hint = hintOf(name, thrown)
    if (hint === undefined || !(thrown instanceof Error)) throw thrown
    throw new Error(`${thrown.message}. ${hint}`, { cause: thrown })
  }
}

function hintOf(name: string, thrown: unknown): string | undefined {
  if (!(thrown instanceof MillraceError)) return undefined
  if (thrown.code === 'function.version-not-found') return `Its versions: millrace fn versions ${name}`
  if (thrown.code === 'function.alias-not-found') return `Its aliases: millrace fn alias ${name}`
  if (thrown.status === 404) return 'See which there are: millrace fn ls'
  if (thrown.code === 'function.throttled') return `See what it does: millrace get functions ${name} --status`
  return undefined
}
