import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'
import { loginErrors } from './login/index.ts'
import { policyErrors } from './policy/index.ts'

/** Codes of authentication, of policies and of what they refuse. */
export const authErrors: ErrorCatalogue = {
  'auth.unauthenticated': {
    status: 401,
    description:
      'The request carries no credentials, or none that are known. Which of the two is not told, nor which part is wrong.',
  },
  'auth.credentials-invalid': {
    status: 500,
    description:
      'The credentials file or the credentials in the environment cannot be used. Seen at start only.',
  },
  'auth.unknown-key': {
    status: 403,
    description: 'A signed request names an access key that does not exist. Compatible interfaces only.',
  },
  'auth.signature-mismatch': {
    status: 403,
    description: 'The signature is not that of this request, or something that must be signed is missing.',
  },
  'auth.signature-incomplete': {
    status: 400,
    description: 'The credentials of a signed request cannot be read, or leave out what must be signed.',
  },
  'auth.signature-expired': {
    status: 403,
    description: 'The date of a signed request is too far from the clock of the server.',
  },
  'auth.nonce-used': {
    status: 403,
    description: 'A signed request came a second time; each needs a nonce of its own.',
  },
  'auth.key-disabled': {
    status: 403,
    description: 'A signed request names an access key that is disabled. Compatible interfaces only.',
  },
  'auth.token-unsupported': {
    status: 403,
    description: 'The request carries temporary credentials, which this server does not issue.',
  },
  'auth.token-missing': {
    status: 403,
    description: 'Temporary credentials came without their security token.',
  },
  'auth.token-invalid': { status: 403, description: 'The security token was not issued by this server.' },
  'auth.token-mismatch': {
    status: 403,
    description: 'The security token does not belong to the access key beside it.',
  },
  'auth.token-expired': {
    status: 403,
    description: 'The temporary credentials are past their end, or their role is gone.',
  },
  'sts.duration-invalid': {
    status: 400,
    description: 'A session would be shorter or longer than the role allows.',
  },
  'role.required': {
    status: 400,
    description:
      'A rule or stream names no role, and the server is set to refuse those (`MILLRACE_REQUIRE_ROLES`).',
  },
  'role.not-found': {
    status: 400,
    description: 'A rule, stream or delivery goes by a role that is not there.',
  },
  'role.not-trusting': {
    status: 400,
    description: 'The trust policy of a role does not name the service that is to act as it.',
  },
  'role.insufficient': {
    status: 400,
    description:
      'The policies of a role do not allow what the wiring needs. The message has the statements that are missing; a delivery is tried again.',
  },
  'auth.forbidden': {
    status: 403,
    description:
      'The caller is known and may not do this: a policy denies it, or none allows it. `principal`, `action` and `resource` say who, what and on which.',
  },
  ...policyErrors,
  ...loginErrors,
  'secret.unreadable': {
    status: 400,
    description: 'A sealed secret was made with the key of another server, or the key file is damaged.',
  },
}

/**
 * The one answer to missing, malformed, unknown and wrong credentials. All of them get the same code and sentence, so
 * that a caller without credentials learns nothing about those that exist.
 */
export function unauthenticated(): AppError {
  return new AppError(
    'auth.unauthenticated',
    'this request needs valid credentials: Authorization: Bearer <accessKeyId>.<accessKeySecret>',
    retryNever,
  )
}
