import { AppError } from '@millrace/spi'
import { Refusal } from './refusal.ts'

/** Times that a change is made anew because somebody else changed the same thing in between. */
export const changeAttemptsMax = 5

/** Runs a write that expects nothing to be there; `kind` as codes spell it, `what` as the sentence does. */
export async function creating<Result>(
  kind: string,
  what: string,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write()
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown
    throw new Refusal(409, `${kind}AlreadyExists`, `${what} already exists`)
  }
}

/** Makes a change to what is there now; what others change at the same moment is not lost. */
export async function changing<Result>(change: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (thrown) {
      if (!isConflict(thrown) || attempt === changeAttemptsMax) throw thrown
    }
  }
}

function isConflict(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code === 'resource.conflict'
}
