import { AppError } from '@millrace/spi'
import { type Answer, answered, type Call } from '../call.ts'
import { Refusal } from '../refusal.ts'

/** An answer with the tag of what it shows; clients send it back in `if-match` (function-compute section 2.10). */
export function tagged(body: object, revision: number): Answer {
  return answered(body, { etag: `"${revision}"` })
}

/** The revision that a client expects; `undefined` when it expects nothing. */
export function expectedRevision({ headers }: Pick<Call, 'headers'>): number | undefined {
  const match = headers['if-match']?.trim()
  if (match === undefined || match === '' || match === '*') return undefined
  const revision = /^"?(\d{1,15})"?$/.exec(match)?.[1]
  // A tag that was never handed out is not that of anything.
  if (revision === undefined) throw preconditionFailed()
  return Number(revision)
}

/** A write that expects the revision which the client named: when another is there, it is told so. */
export async function guarded<Result>(call: Call, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (thrown) {
    const isConflict = thrown instanceof AppError && thrown.code === 'resource.conflict'
    throw isConflict && expectedRevision(call) !== undefined ? preconditionFailed() : thrown
  }
}

function preconditionFailed(): Refusal {
  return new Refusal(412, 'PreconditionFailed', 'the resource being modified has been changed')
}
