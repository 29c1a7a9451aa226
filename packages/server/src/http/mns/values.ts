import { createHash } from 'node:crypto'
import { invalidArgument, outOfRange } from './refusal.ts'
import { childText, type XmlElement } from './xml-in.ts'

/** A whole number of a child, within bounds; `undefined` when it is not there. Throws `InvalidArgument`. */
export function numberIn(
  element: XmlElement | undefined,
  name: string,
  low: number,
  high: number,
  unit: string,
): number | undefined {
  const text = childText(element, name)
  return text === undefined ? undefined : wholeNumber(text, name, low, high, unit)
}

export function wholeNumber(text: string, name: string, low: number, high: number, unit: string): number {
  const value = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN
  if (value >= low && value <= high) return value
  throw outOfRange(name, low, high, unit)
}

/** `True` or `false`, in any case. */
export function booleanIn(element: XmlElement | undefined, name: string): boolean | undefined {
  const text = childText(element, name)?.trim().toLowerCase()
  if (text === undefined) return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  throw invalidArgument(`The value of ${name} should be True or False.`)
}

/** One of several words; `undefined` when it is not there. */
export function wordIn<Word extends string>(
  element: XmlElement | undefined,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = childText(element, name)
  if (text === undefined) return undefined
  const word = words.find(candidate => candidate === text.trim())
  if (word !== undefined) return word
  throw invalidArgument(`The value of ${name} should be one of ${words.join(', ')}.`)
}

/** MD5 of a message in upper-case hex, as this interface shows it. */
export function md5(body: Uint8Array | string): string {
  return createHash('md5').update(body).digest('hex').toUpperCase()
}

/** Milliseconds as Unix seconds. */
export function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1_000)
}

export function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString()
}
