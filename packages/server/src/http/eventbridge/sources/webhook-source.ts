import type { SourceSpec } from '../../../resources/index.ts'
import { Refusal } from '../refusal.ts'

const types = ['HTTP', 'HTTPS', 'HTTP&HTTPS']
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']
/** Entries of `Ip` and of `Referer` at most. */
const entriesMax = 5
const refererLengthMax = 256

/** `SourceHttpEventParameters` (section 9.6): requests that know the token become events. */
export function webhookSource(members: Readonly<Record<string, unknown>>, token: string): SourceSpec {
  const { Type, Method, SecurityConfig, Ip, Referer } = members
  for (const [name, value] of Object.entries({ Type, Method, SecurityConfig })) {
    if (value === undefined || value === null || value === '') {
      throw new Refusal('HttpSourceParametersEmpty', `${name} is missing`)
    }
  }
  if (typeof Type !== 'string' || !types.includes(Type)) throw invalid(`Type is one of ${types.join(', ')}`)
  const security = typeof SecurityConfig === 'string' ? SecurityConfig.toLowerCase() : ''
  if (!['none', 'ip', 'referer'].includes(security)) throw invalid('SecurityConfig is none, ip or referer')
  const addresses = guardList('Ip', Ip, security === 'ip')
  const referers = guardList('Referer', Referer, security === 'referer')
  if (referers.some(referer => referer.length > refererLengthMax)) {
    throw invalid(`a Referer has ${refererLengthMax} characters at most`)
  }
  return {
    connector: 'http',
    options: { methods: methodsOf(Method), token, addresses, referers },
  }
}

function methodsOf(value: unknown): string[] {
  const given = textsOf(value)
  if (given === undefined || given.length === 0)
    throw new Refusal('HttpSourceParametersEmpty', 'Method is missing')
  const upper = [...new Set(given.map(method => method.toUpperCase()))]
  if (upper.some(method => !methods.includes(method))) throw invalid(`Method is of ${methods.join(', ')}`)
  return upper
}

/** Needed with its mode, and only with that. */
function guardList(name: string, value: unknown, isNeeded: boolean): string[] {
  const list = textsOf(value ?? []) ?? []
  if (!isNeeded) {
    if (list.length > 0) throw invalid(`${name} is for another SecurityConfig`)
    return []
  }
  if (list.length === 0) throw new Refusal('HttpSourceParametersEmpty', `${name} is missing`)
  if (list.length > entriesMax) {
    throw new Refusal(
      'ExceedHttpSourceParametersCount',
      `${name} has ${list.length} entries; the limit is ${entriesMax}`,
    )
  }
  if (list.some(entry => entry.trim() === '')) throw invalid(`${name} has a blank entry`)
  return list
}

function textsOf(value: unknown): string[] | undefined {
  const isTexts = Array.isArray(value) && value.every(item => typeof item === 'string')
  return isTexts ? value : undefined
}

function invalid(message: string): Refusal {
  return new Refusal('HttpSourceParametersInvalid', message)
}
