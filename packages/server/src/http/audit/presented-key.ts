import type { IncomingHttpHeaders } from 'node:http'

/** A key that a request claims to be signed with, whether it is or not. */
export interface PresentedKey {
  readonly keyId: string
  /** The security token beside it, where there is one. */
  readonly token: string | undefined
}

const expressions: readonly RegExp[] = [
  /^bearer +((?:STS\.)?[^.\s]{1,128})\./i,
  /^(?:acs|FC|MNS|LOG)[: ] *([^:\s]{1,128}):/,
  /^(?:ACS3-|AWS4-|SLS4-)\S{1,32} +(?:[^,]{1,64}, *)?Credential[=:]([^,/\s]{1,128})/,
]

const tokenHeaders = ['x-acs-security-token', 'x-amz-security-token', 'security-token', 'x-fc-security-token']

/** Reads the id of the key from the head of a request, in the notation of any scheme; never its secret. */
export function presentedKey(headers: IncomingHttpHeaders): PresentedKey | undefined {
  const given = headers.authorization ?? ''
  const keyId = expressions.map(expression => expression.exec(given)?.[1]).find(id => id !== undefined)
  if (keyId === undefined) return undefined
  const token = tokenHeaders.map(name => headers[name]).find(value => typeof value === 'string')
  return { keyId, token: typeof token === 'string' ? token : undefined }
}
