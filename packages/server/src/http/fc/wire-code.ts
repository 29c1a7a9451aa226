/** What an error of the platform is called in this interface. */
export interface WireCode {
  readonly status: number
  readonly code: string
  /** In the words of the interface, where it has words of its own. */
  readonly message?: string
}

/**
 * The name and status that a code of the platform has in this interface (function-compute section 2.5). Total: what has
 * no name of its own is told by its status.
 */
export function wireCode(code: string, details: Readonly<Record<string, unknown>>, status: number): WireCode {
  if (code === 'resource.not-found') return notFoundCode(String(details['kind']), String(details['name']))
  if (code === 'auth.forbidden') {
    const { action, resource } = details
    const message = `the caller is not authorized to perform '${String(action)}' on resource '${String(resource)}'`
    return { status: 403, code: 'AccessDenied', message }
  }
  const fixed = fixedCodes[code]
  if (fixed !== undefined) return { status: fixed[0], code: fixed[1] }
  const [wireStatus, wireName] = byStatus[status] ?? (status < 500 ? byStatus[400] : undefined) ?? unforeseen
  return { status: wireStatus, code: wireName }
}

const fixedCodes: Readonly<Record<string, readonly [status: number, code: string]>> = {
  'auth.unauthenticated': [400, 'MissingRequiredHeader'],
  'auth.unknown-key': [403, 'InvalidAccessKeyID'],
  'auth.signature-mismatch': [403, 'SignatureNotMatch'],
  'auth.signature-expired': [403, 'AccessDenied'],
  'auth.nonce-used': [403, 'SignatureNotMatch'],
  'auth.key-disabled': [403, 'InvalidAccessKeyID'],
  'auth.token-unsupported': [403, 'InvalidSecurityToken'],
  'auth.token-missing': [403, 'InvalidSecurityToken'],
  'auth.token-invalid': [403, 'InvalidSecurityToken'],
  'auth.token-mismatch': [403, 'InvalidSecurityToken'],
  'auth.token-expired': [403, 'InvalidSecurityToken'],
  'http.not-found': [400, 'PathNotSupported'],
  'http.method-not-allowed': [400, 'PathNotSupported'],
  'http.body-too-large': [400, 'EntityTooLarge'],
  'http.overloaded': [503, 'ResourceThrottled'],
  'function.payload-too-large': [400, 'EntityTooLarge'],
  'function.not-found': [404, 'FunctionNotFound'],
  'function.version-not-found': [404, 'VersionNotFound'],
  'function.alias-not-found': [404, 'AliasNotFound'],
  'function.disabled': [403, 'AccessDenied'],
  'function.task-exists': [409, 'StatefulAsyncInvocationAlreadyExists'],
  'function.task-not-found': [404, 'AsyncTaskNotFound'],
  'function.task-ended': [400, 'InvalidArgument'],
  'function.trigger-duplicate': [409, 'TriggerAlreadyExists'],
  'function.not-started': [412, 'FunctionNotStarted'],
  'domain.taken': [409, 'DomainNameAlreadyExists'],
  'resource.conflict': [409, 'ConcurrentUpdateError'],
  'resource.unchanged': [400, 'InvalidArgument'],
  'resource.in-use': [409, 'FunctionNotEmpty'],
  'resource.limit-exceeded': [400, 'LimitExceededError'],
  'quota.bytes-exceeded': [400, 'LimitExceededError'],
  'storage.full': [503, 'ResourceThrottled'],
}

const unforeseen = [500, 'InternalServerError'] as const

const byStatus: Readonly<Record<number, readonly [status: number, code: string]>> = {
  400: [400, 'InvalidArgument'],
  401: [403, 'AccessDenied'],
  403: [403, 'AccessDenied'],
  404: [404, 'NotFound'],
  409: [409, 'Conflict'],
  412: [412, 'PreconditionFailed'],
  413: [400, 'EntityTooLarge'],
  415: [400, 'InvalidArgument'],
  425: [400, 'InvalidArgument'],
  429: [429, 'ResourceExhausted'],
  502: [502, 'BadResponse'],
  503: [503, 'ResourceThrottled'],
  507: [503, 'ResourceThrottled'],
}

/** Names of parts are `function/part`. */
function notFoundCode(kind: string, name: string): WireCode {
  const slash = name.indexOf('/')
  const [owner, part] = slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)]
  const inFunction = owner === '' ? '' : ` in function '${owner}'`
  const found = (code: string, message: string): WireCode => ({ status: 404, code, message })
  switch (kind) {
    case 'function':
      return found('FunctionNotFound', `function '${name}' does not exist`)
    case 'version':
      return found('VersionNotFound', `version '${part}' does not exist${inFunction}`)
    case 'alias':
      return found('AliasNotFound', `alias '${part}' does not exist${inFunction}`)
    case 'version or alias': {
      const what = /^\d+$/.test(part) ? 'Version' : 'Alias'
      return found(`${what}NotFound`, `${what.toLowerCase()} '${part}' does not exist${inFunction}`)
    }
    case 'trigger':
      return found('TriggerNotFound', `trigger '${part}' does not exist${inFunction}`)
    case 'asynchronous setting':
      return found('AsyncConfigNotExists', `async config of qualifier '${part}' does not exist${inFunction}`)
    case 'scaling setting':
      return found(
        'ProvisionConfigNotFound',
        `provision config of qualifier '${part}' does not exist${inFunction}`,
      )
    case 'layer':
      return name.includes(':')
        ? found('LayerVersionNotFound', `layer version '${name}' does not exist`)
        : found('LayerNotFound', `layer '${name}' does not exist`)
    case 'domain':
      return found('DomainNameNotFound', `domain name '${name}' does not exist`)
    default:
      return found('NotFound', `there is no ${kind} '${name}'`)
  }
}
