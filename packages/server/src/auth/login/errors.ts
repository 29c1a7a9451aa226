import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'

/** Codes of passwords, of signing in to the console, and of its sessions. */
export const loginErrors: ErrorCatalogue = {
  'login.failed': {
    status: 401,
    description: 'The name, the password or the key is wrong. Which of them is not told.',
  },
  'login.too-many-attempts': {
    status: 429,
    description:
      'Too many attempts to sign in failed, of one name or from one address; the lock ends by itself.',
  },
  'login.busy': {
    status: 503,
    description: 'More people sign in at once than this node checks; try again in a moment.',
  },
  'login.password-invalid': { status: 400, description: 'The password is too short or too long.' },
  'login.session-missing': {
    status: 401,
    description: 'Nobody is signed in, or the session has ended; sign in again.',
  },
  'login.sessions-exhausted': {
    status: 429,
    description: 'As many people are signed in as this server keeps sessions.',
  },
  'login.cross-site': {
    status: 403,
    description:
      'A request to the console did not come from its own pages. Behind a proxy with TLS, `MILLRACE_CONSOLE_URL` must say where the console is.',
  },
  'login.form-stale': {
    status: 403,
    description: 'A form was made for another session; open the page again.',
  },
  'login.provider-missing': {
    status: 404,
    description: 'No OpenID provider is set (`MILLRACE_OIDC_ISSUER`).',
  },
  'login.provider-unavailable': {
    status: 502,
    description: 'The OpenID provider could not be reached, or what it answered is none of the protocol.',
  },
  'login.provider-refused': {
    status: 403,
    description: 'The OpenID provider did not let the person in, or did not take the code.',
  },
  'login.state-unknown': {
    status: 403,
    description:
      'The answer of the OpenID provider belongs to no sign-in that was begun in this browser: it came twice, too late, or from elsewhere.',
  },
  'login.token-refused': {
    status: 403,
    description:
      'The identity token is not to be trusted: its signature, issuer, audience, nonce or time is wrong.',
  },
  'login.user-unknown': {
    status: 403,
    description: 'The OpenID provider knows the person, but no user or role here belongs to them.',
  },
}

/** The one answer to a wrong name, a wrong password and a wrong key. */
export function loginFailed(): AppError {
  return new AppError('login.failed', 'the name, the password or the key is wrong', retryNever)
}

export function busy(limit: number): AppError {
  return new AppError(
    'login.busy',
    `${limit} sign-ins wait to be checked already; try again in a moment`,
    { kind: 'after', delayMs: 1_000 },
    { details: { limit } },
  )
}

export function providerUnavailable(cause: unknown): AppError {
  return new AppError(
    'login.provider-unavailable',
    'the OpenID provider could not be reached, or its answer is none of the protocol',
    retryBackoff,
    { cause },
  )
}

export function tokenRefused(reason: string, cause?: unknown): AppError {
  return new AppError('login.token-refused', `the identity token is refused: ${reason}`, retryNever, {
    cause,
  })
}
