import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'

/** Codes of the control plane. */
export const resourcesErrors: ErrorCatalogue = {
  'resource.not-found': { status: 404, description: 'There is no such bus, rule, function or target.' },
  'resource.conflict': {
    status: 412,
    description: 'The resource has another revision than the one expected.',
  },
  'resource.name-invalid': { status: 400, description: 'A name does not fit the rules for names.' },
  'resource.limit-exceeded': { status: 429, description: 'The account has as many of these as it may have.' },
  'bus.reserved': {
    status: 403,
    description: 'The bus `default` belongs to the platform: it cannot be changed or deleted.',
  },
  'bus.not-empty': { status: 409, description: 'The bus still has rules; delete them first.' },
  'rule.target-duplicate': { status: 400, description: 'Two targets of one rule have the same id.' },
  'rule.sink-invalid': {
    status: 400,
    description: 'A target names a function or bus that is not there, or may not be used.',
  },
  'rule.start-invalid': { status: 400, description: 'The start of a rule is not a time.' },
}

export function notFound(kind: string, name: string): AppError {
  return new AppError('resource.not-found', `there is no ${kind} ${name}`, retryNever, {
    details: { kind, name },
  })
}
