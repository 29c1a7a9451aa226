import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyEventText, brokenText, contextValue } from './arbitraries.ts'
import { CloudEventError, scanBatch, scanStructured } from './index.ts'
import type { EventText } from './index.ts'
import { isEventByReference, membersByReference } from './reference.ts'

function scanned(bytes: Uint8Array): EventText | undefined {
  try {
    return scanStructured(bytes)
  } catch (error) {
    if (error instanceof CloudEventError) return undefined
    throw error
  }
}

/** What the event must read as, by `JSON.parse`. */
function expected(bytes: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(bytes).toString('utf8')
  const root = JSON.parse(text) as Record<string, unknown>
  const names = ['id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'traceparent']
  const read = names.map(name => {
    const value = Object.hasOwn(root, name) ? root[name] : undefined
    return [name, typeof value === 'string' ? value : undefined]
  })
  const known = new Set([...names.slice(0, -1), 'specversion', 'data', 'data_base64'])
  const extensionCount = Object.keys(root).filter(name => !known.has(name) && root[name] !== null).length
  return { ...(Object.fromEntries(read) as Record<string, unknown>), extensionCount }
}

function actual(event: EventText): Record<string, unknown> {
  const { id, source, type, subject, time, datacontenttype, dataschema, traceparent, extensionCount } = event
  return { id, source, type, subject, time, datacontenttype, dataschema, traceparent, extensionCount }
}

function checkAgainstReference(bytes: Uint8Array): boolean {
  const event = scanned(bytes)
  const text = Buffer.from(bytes).toString('utf8')
  expect({ text, accepted: event !== undefined }).toEqual({ text, accepted: isEventByReference(bytes) })
  if (event === undefined) return false
  expect(actual(event)).toEqual(expected(bytes))
  const stored = Buffer.from(event.bytes).toString('utf8')
  const data = membersByReference(stored).find(
    member => member.name === 'data' || (member.name === 'data_base64' && member.value !== 'null'),
  )
  const range = event.data
  const slice =
    range === undefined
      ? undefined
      : Buffer.from(event.bytes).subarray(range.start, range.end).toString('utf8')
  expect(slice).toBe(data?.value)
  return true
}

describe('scanStructured accepts what the slow validator accepts', () => {
  test('on valid events, however they are spaced and escaped', () => {
    fc.assert(
      fc.property(anyEventText, text => {
        expect(checkAgainstReference(Buffer.from(text))).toBe(true)
      }),
      { numRuns: 1_500 },
    )
  })

  test('on events with attribute values near the border of what is allowed', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyEventText, contextValue, (text, [name, value]) => {
        const changed = `{${JSON.stringify(name)}:${value},${text.slice(text.indexOf('{') + 1)}`
        const replaced = text.replace(new RegExp(`"${name}"\\s*:\\s*"[^"]*"`), `"${name}":${value}`)
        checkAgainstReference(Buffer.from(changed))
        if (checkAgainstReference(Buffer.from(replaced))) accepted++
      }),
      { numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(300)
  })

  test('on mutated and truncated texts, whose bytes need not even be UTF-8', () => {
    fc.assert(
      fc.property(brokenText, bytes => {
        checkAgainstReference(bytes)
      }),
      { numRuns: 5_000 },
    )
  })
})

/** What an outcome says, in a form that can be compared. */
function summary(outcome: EventText | CloudEventError): unknown {
  if (outcome instanceof CloudEventError) return { code: outcome.code, attribute: outcome.attribute }
  return { ...actual(outcome), text: Buffer.from(outcome.bytes).toString('utf8'), data: outcome.data }
}

function outcomeAlone(text: string): EventText | CloudEventError {
  try {
    return scanStructured(text)
  } catch (error) {
    if (error instanceof CloudEventError) return error
    throw error
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** True when the whole text is a JSON array, whatever its elements are. */
function isArrayByReference(bytes: Uint8Array): boolean {
  try {
    return Array.isArray(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
  } catch {
    return false
  }
}

function isReadable(bytes: Uint8Array): boolean {
  try {
    scanBatch(bytes)
    return true
  } catch (error) {
    if (error instanceof CloudEventError) return false
    throw error
  }
}

describe('scanBatch', () => {
  test('gives each element the outcome it has alone', () => {
    const element = fc
      .oneof(
        anyEventText,
        fc.jsonValue().map(value => JSON.stringify(value)),
        fc
          .tuple(anyEventText, contextValue)
          .map(([text, [name, value]]) => `{"${name}":${value},${text.trim().slice(1)}`),
      )
      .filter(isJson)
    fc.assert(
      fc.property(fc.array(element, { maxLength: 8 }), elements => {
        const outcomes = scanBatch(`[${elements.join(',')}]`)
        expect(outcomes.map(summary)).toEqual(elements.map(text => summary(outcomeAlone(text))))
      }),
      { numRuns: 800 },
    )
  })

  test('throws exactly when the text is not a JSON array', () => {
    fc.assert(
      fc.property(brokenText, fc.boolean(), (bytes, wrap) => {
        const text = wrap ? Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]) : Buffer.from(bytes)
        expect(isReadable(text)).toBe(isArrayByReference(text))
      }),
      { numRuns: 3_000 },
    )
  })
})
