import { AppError, retryNever } from '@millrace/spi'

/** What every sealed text begins with, of whichever version. */
const sealedStart = 'sealed:'

/**
 * Refuses sealed texts that the resource does not have already. Specs are read with their secrets sealed and may be written
 * back so; a sealed text of another resource would be opened here for whoever may write this one, and sent to wherever
 * he likes. Throws `secret.copied`; the message has the place and nothing of the text.
 */
export function refuseSealedCopies(spec: unknown, before: unknown): void {
  const sealed = sealedTexts(spec)
  if (sealed.size === 0) return
  const own = new Set(sealedTexts(before).values())
  for (const [path, text] of sealed) if (!own.has(text)) throw copied(path)
}

/** By their place. */
function sealedTexts(value: unknown, path = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'string') {
    if (value.startsWith(sealedStart)) found.set(path, value)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      sealedTexts(member, path === '' ? name : `${path}.${name}`, found)
    }
  }
  return found
}

function copied(path: string): AppError {
  return new AppError(
    'secret.copied',
    `${path} is a sealed secret of another resource; give the secret itself`,
    retryNever,
    { details: { path } },
  )
}
