import { AppError, assert, type ErrorCatalogue, type RetryHint, retryBackoff } from '@millrace/spi'

/** Media type of every refusal (RFC 9457). */
export const problemMediaType = 'application/problem+json; charset=utf-8'

/** A refusal, ready to be sent. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ProblemBody
}

/** RFC 9457 problem details; further members are facts for machines, such as `limit` and `seen`. */
export interface ProblemBody extends Readonly<Record<string, unknown>> {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
}

/** Turns an error into what the caller is told. A code that no catalogue knows is a bug and answers as one. */
export type ProblemMaker = (error: AppError) => Problem

/** Merges catalogues into one. The same code with two statuses is a bug and throws. */
export function mergeCatalogues(catalogues: readonly ErrorCatalogue[]): ErrorCatalogue {
  const merged = new Map<string, ErrorCatalogue[string]>()
  for (const catalogue of catalogues) {
    for (const [code, entry] of Object.entries(catalogue)) {
      const known = merged.get(code)
      assert(known === undefined || known.status === entry.status, `code ${code} has two statuses`)
      merged.set(code, entry)
    }
  }
  return Object.fromEntries(merged)
}

/** `challenges` are the values of `WWW-Authenticate` that a 401 carries. */
export function problemMaker(catalogue: ErrorCatalogue, challenges: readonly string[]): ProblemMaker {
  return error => {
    const entry = Object.hasOwn(catalogue, error.code) ? catalogue[error.code] : undefined
    if (entry === undefined || error.code === unexpectedCode) return unexpectedProblem
    const headers: Record<string, string> = {}
    if (entry.status === 401) headers['www-authenticate'] = challenges.join(', ')
    const allowed = error.details?.['allowed']
    if (entry.status === 405 && Array.isArray(allowed)) headers['allow'] = allowed.join(', ')
    const afterSeconds = retryAfterSeconds(error.retry, entry.status)
    if (afterSeconds !== undefined) headers['retry-after'] = String(afterSeconds)
    return { status: entry.status, headers, body: problemBody(error, entry) }
  }
}

const unexpectedCode = 'internal.unexpected'

/** Says nothing of the cause: that is for the log, since it may quote what it should not. */
const unexpectedProblem: Problem = {
  status: 500,
  headers: {},
  body: {
    type: typeOf(unexpectedCode),
    title: 'A bug or an unforeseen failure; the log has the cause.',
    status: 500,
    detail: 'the server failed unexpectedly; its log has the cause',
    code: unexpectedCode,
  },
}

function problemBody(error: AppError, entry: ErrorCatalogue[string]): ProblemBody {
  return {
    ...error.details,
    type: typeOf(error.code),
    title: entry.description,
    status: entry.status,
    detail: error.message,
    code: error.code,
  }
}

function typeOf(code: string): string {
  return `urn:millrace:error:${code}`
}

/** Whole seconds, rounded up: a caller that comes a little late is welcome, one that comes early is refused again. */
function retryAfterSeconds(retry: RetryHint, status: number): number | undefined {
  if (status !== 429 && status !== 503 && status !== 507) return undefined
  return retry.kind === 'after' ? Math.max(1, Math.ceil(retry.delayMs / 1_000)) : undefined
}

/** What a foreign error means, when it is one that the edge knows; `undefined` for anything else. */
export type ErrorTranslator = (thrown: unknown) => AppError | undefined

/** Turns whatever was thrown into an AppError: itself, translated, or `internal.unexpected` with its cause. */
export function translate(thrown: unknown, translators: readonly ErrorTranslator[]): AppError {
  if (thrown instanceof AppError) return thrown
  for (const translator of translators) {
    const error = translator(thrown)
    if (error !== undefined) return error
  }
  return new AppError(unexpectedCode, 'unexpected failure', retryBackoff, { cause: thrown })
}
