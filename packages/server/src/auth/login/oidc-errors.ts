import { AppError, retryNever } from '@millrace/spi'
import { providerUnavailable, tokenRefused } from './errors.ts'

/** What any failure of a sign-in by OpenID means. Nothing of a token is passed on. */
export function oidcError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const { code, error } = thrown as { code?: unknown; error?: unknown }
  switch (code) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return providerRefused(error, thrown)
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return tokenRefused('it has expired, or is not valid yet', thrown)
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return tokenRefused(`its ${claimOf(thrown)} is not the one that is expected`, thrown)
    case 'OAUTH_KEY_SELECTION_FAILED':
      return tokenRefused('no key of the provider is the one that it names', thrown)
    case 'OAUTH_INVALID_RESPONSE':
    case 'OAUTH_UNSUPPORTED_OPERATION':
      return tokenRefused('it, or its signature, is not as it must be', thrown)
    default:
      return providerUnavailable(thrown)
  }
}

/** The provider's word for it is shown, its sentence is not: it is the provider's, or of whoever made the link. */
function providerRefused(error: unknown, cause: unknown): AppError {
  const word = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ("${error}")` : ''
  return new AppError('login.provider-refused', `the OpenID provider did not let you in${word}`, retryNever, {
    cause,
  })
}

/** The library tells the claim some levels down. */
function claimOf(thrown: unknown): string {
  for (let at = thrown; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
    const { claim } = at as { claim?: unknown }
    if (typeof claim === 'string') return `claim "${claim}"`
  }
  return 'claims'
}
