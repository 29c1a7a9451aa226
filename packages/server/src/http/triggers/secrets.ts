import { hash, timingSafeEqual } from 'node:crypto'
import type { Guard, Passage } from './guard.ts'
import { unauthenticatedAtTrigger } from './errors.ts'

/** `Authorization: Bearer <token>`, with any of the tokens (function-compute section 8.2). */
export function bearerGuard(tokens: readonly string[]): Guard {
  const isKnown = knower(tokens)
  return ({ headers }) => {
    const { authorization } = headers
    if (authorization === undefined) {
      throw unauthenticatedAtTrigger('Authorization header is expected but missing', 'Bearer')
    }
    const [, token = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? []
    if (isKnown(token)) return passed
    throw unauthenticatedAtTrigger(
      'access denied due to invalid bearer token',
      'Bearer error="invalid_token"',
    )
  }
}

/** `Authorization: Basic <base64 of name:password>`, of any of the users. */
export function basicGuard(users: Readonly<Record<string, string>>): Guard {
  const isKnown = knower(Object.entries(users).map(([name, password]) => `${name}:${password}`))
  const refused = (message: string): Error =>
    unauthenticatedAtTrigger(message, 'Basic realm="function", charset="UTF-8"')
  return ({ headers }) => {
    const { authorization } = headers
    if (authorization === undefined) throw refused('authorization require')
    const parts = /^basic +(\S+)$/i.exec(authorization)
    if (parts === null) throw refused('Authorization header must start with Basic')
    if (isKnown(Buffer.from(parts[1] ?? '', 'base64').toString('utf8'))) return passed
    throw refused('access denied due to invalid username or password')
  }
}

const passed: Passage = {}

/**
 * Tells whether a text is one of the known ones, by digests and without leaving early: the time tells neither which it
 * is, nor how much of one was right.
 */
function knower(known: readonly string[]): (text: string) => boolean {
  const digests = known.map(digest)
  return text => {
    const given = digest(text)
    let isKnown = false
    for (const one of digests) if (timingSafeEqual(one, given)) isKnown = true
    return isKnown
  }
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
