import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'

/** Codes of the control plane. */
export const resourcesErrors: ErrorCatalogue = {
  'resource.not-found': {
    status: 404,
    description:
      'There is no such bus, rule, function, part of a function, layer, domain, stream, instance or target.',
  },
  'resource.conflict': {
    status: 412,
    description: 'The resource has another revision than the one expected.',
  },
  'resource.name-invalid': { status: 400, description: 'A name does not fit the rules for names.' },
  'resource.limit-exceeded': { status: 429, description: 'The account has as many of these as it may have.' },
  'resource.unchanged': {
    status: 409,
    description: 'A version would be what the newest one is already.',
  },
  'resource.in-use': { status: 409, description: 'Others depend on the resource; it can only be forced.' },
  'identity.invalid': {
    status: 400,
    description:
      'A user, group or role names a policy or group that is not there, or a name is taken by the system.',
  },
  'secret.copied': {
    status: 400,
    description: 'A sealed secret was taken from another resource; it can only be given in the clear.',
  },
  'bus.reserved': {
    status: 403,
    description: 'The bus `default` belongs to the platform: it cannot be changed or deleted.',
  },
  'bus.not-empty': { status: 409, description: 'The bus still has rules; delete them first.' },
  'rule.target-duplicate': { status: 400, description: 'Two targets of one rule have the same id.' },
  'rule.sink-invalid': {
    status: 400,
    description: 'A target names a function, bus, queue or topic that is not there, or may not be used.',
  },
  'instance.invalid': {
    status: 400,
    description: 'A source or target names an instance that is not there, or is one of another system.',
  },
  'rule.start-invalid': { status: 400, description: 'The start of a rule is not a time.' },
  'function.setting-invalid': {
    status: 400,
    description:
      'An alias, trigger or setting names a version or alias that is not there, or contradicts itself.',
  },
  'function.trigger-duplicate': {
    status: 409,
    description: 'The qualifier of the function has an HTTP trigger already.',
  },
  'function.layer-not-found': { status: 400, description: 'The function names a layer that is not there.' },
  'function.layer-incompatible': { status: 400, description: 'A layer does not fit the runtime.' },
  'domain.taken': { status: 409, description: 'The host belongs to another account.' },
  'domain.invalid': { status: 400, description: 'A route of the domain can never match or be rewritten.' },
}

export function notFound(kind: string, name: string): AppError {
  return new AppError('resource.not-found', `there is no ${kind} ${name}`, retryNever, {
    details: { kind, name },
  })
}
