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
  /** What the interface itself calls the refusal, where it has thrown one of its own. */
  readonly code?: string | undefined
}

/** Turns whatever was thrown into an answer; logs it when it is a failure of ours; lets the client read the answer. */
export type Refuser = (
  thrown: unknown,
  request: FailedRequest,
  translators?: readonly ErrorTranslator[],
) => Problem

/** An expected failure, such as a full disk, meets every request: one line for each code in this time is enough. */
export const failureLogEveryMs = 10_000

export function createRefuser(services: Services, makeProblem: ProblemMaker, lingering: Lingering): Refuser {
  const log = new FailureLog(services)
  return (thrown, request, translators = []) => {
    const error = translate(thrown, [fromCloudEvents, fromPatterns, ...translators])
    const problem = makeProblem(error)
    services.audit.refused(request.raw, request.code ?? error.code, error.message)
    // Not the request: that is destroyed as soon as its body has been read, while the client waits for the answer.
    if (problem.status >= 500 && !request.raw.socket.destroyed) log.write(request, error, problem.status)
    if (!request.raw.complete) lingering.begin(request.raw)
    return problem
  }
}

/** Failures are logged here and nowhere else, with the cause that the caller does not get to see. */
class FailureLog {
  private readonly services: Services
  /** When each code was last logged; there are as many as the catalogue has. */
  private readonly loggedAtMs = new Map<string, number>()

  constructor(services: Services) {
    this.services = services
  }

  write({ raw, route, keyId }: FailedRequest, error: AppError, status: number): void {
    const { clock, log } = this.services
    const { code, message: reason, cause } = error
    const fields = { code, status, method: raw.method, route, keyId, reason, cause }
    if (status === 500) {
      log.error('request failed', fields)
      return
    }
    // What the storage, a function or a target cannot do now is expected to pass.
    const nowMs = clock.nowMs()
    if (nowMs - (this.loggedAtMs.get(code) ?? Number.NEGATIVE_INFINITY) < failureLogEveryMs) return
    this.loggedAtMs.set(code, nowMs)
    log.warn('requests fail', fields)
  }
}
