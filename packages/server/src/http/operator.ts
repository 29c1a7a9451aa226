import { AppError, retryNever } from '@millrace/spi'
import type { Principal } from '../auth/index.ts'
import type { Services } from './services.ts'

/** Throws `http.operator-only` unless the caller belongs to the account that runs the server. `what` begins the sentence. */
export function checkOperator(
  { operator }: Pick<Services, 'operator'>,
  principal: Principal,
  what: string,
): void {
  if (principal.account === operator.account) return
  throw new AppError(
    'http.operator-only',
    `${what} for all accounts of this server: that is for the account that runs it`,
    retryNever,
  )
}
