import { Members, parametersOf } from './members.ts'
import { sinkMapping, sourceMapping } from './tables.ts'

/** A server with a queue `here`, no functions, and one slow API destination. */
export const context = {
  account: '1',
  hasFunction: () => false,
  hasQueue: (name: string) => name === 'here',
  rateOf: (name: string) => (name === 'slow' ? 5 : undefined),
}

export function sourceOf(kind: string, members: Record<string, unknown>) {
  return sourceMapping(kind, 'C')(new Members(kind, parametersOf(members)), context)
}

export function sinkOf(kind: string, members: Record<string, unknown>) {
  return sinkMapping(kind, 'C')(new Members(kind, parametersOf(members)), context)
}

export const constant = (Value: string) => ({ Form: 'CONSTANT', Value })
export const path = (Value: string) => ({ Form: 'JSONPATH', Value })

export const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n'
export const base64 = Buffer.from(pem).toString('base64')
