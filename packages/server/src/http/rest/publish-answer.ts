import { AppError } from '@millrace/spi'
import type { AcceptOutcome } from '../../ingest/index.ts'

/** Built by hand: this is the answer that is sent most often. */
export function acceptedText(outcome: Exclude<AcceptOutcome, { status: 'refused' }>): string {
  return `{"id":${JSON.stringify(outcome.id)},"position":${outcome.position},"duplicate":${outcome.status === 'duplicate'}}`
}

/** The answer to a batch of which at least one event was taken, or that was empty. */
export function batchText(outcomes: readonly AcceptOutcome[], failed: number): string {
  let items = ''
  for (const outcome of outcomes) {
    if (items !== '') items += ','
    items +=
      outcome.status === 'refused'
        ? JSON.stringify(refusal(outcome.id, outcome.error))
        : acceptedText(outcome)
  }
  return `{"accepted":${outcomes.length - failed},"failed":${failed},"outcomes":[${items}]}`
}

/** Of a batch none of which was taken: the problem is that of the first event, and tells all outcomes besides. */
export function wholeBatchRefused(first: AppError, outcomes: readonly AcceptOutcome[]): AppError {
  const refusals = outcomes.map(outcome =>
    outcome.status === 'refused' ? refusal(outcome.id, outcome.error) : { id: outcome.id },
  )
  return new AppError(first.code, first.message, first.retry, {
    cause: first.cause,
    details: { ...first.details, accepted: 0, failed: outcomes.length, outcomes: refusals },
  })
}

function refusal(id: string | undefined, error: AppError): Record<string, unknown> {
  const { code, message: detail, retry } = error
  return { ...(id === undefined ? {} : { id }), error: { code, detail, retryable: retry.kind !== 'never' } }
}
