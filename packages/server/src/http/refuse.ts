import type { IncomingMessage } from 'node:http'
import type { AppError } from '@millrace/spi'
import { type ErrorTranslator, type Problem, type ProblemMaker, translate } from './error-body.ts'
import type { Lingering } from './linger.ts'
import type { Services } from './services.ts'
import { fromCloudEvents, fromPatterns } from './translate.ts'

/** What is known of a request when it fails, for the log. */
export interface FailedRequest {
  readonly raw: IncomingMessage
  /** The pattern of the path, not the path itself. */
  readonly route: string | undefined
  readonly keyId: string | undefined
}

/** Turns whatever was thrown into an answer; logs it when it is a failure of ours; lets the client read the answer. */
export type Refuser = (
  thrown: unknown,
  request: FailedRequest,
  translators?: readonly ErrorTranslator[],
) => Problem

export function createRefuser(services: Services, makeProblem: ProblemMaker, lingering: Lingering): Refuser {
  return (thrown, request, translators = []) => {
    const error = translate(thrown, [fromCloudEvents, fromPatterns, ...translators])
    const problem = makeProblem(error)
    if (problem.status >= 500 && !request.raw.destroyed) logFailure(services, request, error, problem.status)
    if (!request.raw.complete) lingering.begin(request.raw)
    return problem
  }
}

/** Logged here and nowhere else, with the cause that the caller does not get to see. */
function logFailure(services: Services, request: FailedRequest, error: AppError, status: number): void {
  const { raw, route, keyId } = request
  const fields = {
    code: error.code,
    status,
    method: raw.method,
    route,
    keyId,
    reason: error.message,
    cause: error.cause,
  }
  // What the storage or a target cannot do now is expected to pass; everything else wants a person.
  if (status === 500) services.log.error('request failed', fields)
  else services.log.warn('request failed', fields)
}
