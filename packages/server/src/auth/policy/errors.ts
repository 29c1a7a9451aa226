import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'

/** Codes of policies. Each names the place in `path`. */
export const policyErrors: ErrorCatalogue = {
  'policy.invalid': {
    status: 400,
    description: 'The policy does not follow the grammar of the policy language; `path` names the place.',
  },
  'policy.unknown-member': {
    status: 400,
    description:
      'The policy has a member that the language does not have. It is refused, because a misspelt condition would widen what is allowed.',
  },
  'policy.unknown-operator': { status: 400, description: 'A condition has an operator that does not exist.' },
  'policy.duplicate-member': { status: 400, description: 'The policy has a member twice in one object.' },
  'policy.too-large': { status: 400, description: 'The policy has more characters than it may have.' },
}

export type PolicyCode = keyof typeof policyErrors

/** A refusal that says the place, such as `Statement[0].Condition`. */
export function policyError(
  code: string,
  path: string,
  message: string,
  facts?: { readonly limit: number; readonly seen: number },
): AppError {
  const place = path === '' ? 'the policy' : path
  return new AppError(code, `${place} ${message}`, retryNever, { details: { path, ...facts } })
}
