import type { LogRecord } from './log-record.ts'
import { invalidQuery, type QueryToken, queryTokens } from './query-token.ts'
import { hasWords, wordsOf } from './words.ts'

/** Whether a log is one that a query asks for. */
export type LogTest = (record: LogRecord) => boolean

/** Parentheses inside of each other at most. */
const depthMax = 32

/**
 * Compiles a search query (section 2.6.1): words, `key: word`, `"phrases"`, `prefix*`, `key > 5`, `key in [1 9]`, `and`, `or`, `not`
 * and parentheses; words beside each other must all be there. `undefined` for one that asks for every log. What comes after
 * a `|` is SQL, which is not offered. Throws `InvalidQueryString`.
 */
export function compileQuery(text: string): LogTest | undefined {
  const tokens = queryTokens(text)
  if (tokens.some(({ kind, text: word }) => kind === 'word' && word.includes('|'))) {
    throw invalidQuery('this server offers no SQL: a query is a search, without what comes after |')
  }
  if (tokens.length === 0 || (tokens.length === 1 && tokens[0]?.text === '*')) return undefined
  return new Parser(tokens).whole()
}

class Parser {
  readonly #tokens: readonly QueryToken[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly QueryToken[]) {
    this.#tokens = tokens
  }

  whole(): LogTest {
    const test = this.#either()
    if (this.#at < this.#tokens.length)
      throw invalidQuery(`the query has ${this.#shown()} in the wrong place`)
    return test
  }

  #either(): LogTest {
    const tests = [this.#both()]
    while (this.#takeWord('or')) tests.push(this.#both())
    return tests.length === 1 ? tests[0]! : record => tests.some(test => test(record))
  }

  #both(): LogTest {
    const tests = [this.#one()]
    for (;;) {
      const isJoined = this.#takeWord('and')
      const next = this.#tokens[this.#at]
      if (!isJoined && (next === undefined || isWord(next, 'or') || isSign(next, ')'))) break
      tests.push(this.#one())
    }
    return tests.length === 1 ? tests[0]! : record => tests.every(test => test(record))
  }

  #one(): LogTest {
    if (this.#takeWord('not')) {
      const test = this.#nested(() => this.#one())
      return record => !test(record)
    }
    if (this.#takeSign('(')) {
      const test = this.#nested(() => this.#either())
      if (!this.#takeSign(')')) throw invalidQuery('a parenthesis is not closed')
      return test
    }
    const token = this.#operand()
    if (this.#takeSign(':')) return fieldTest(token.text, this.#operand())
    for (const sign of ['>=', '<=', '>', '<', '='] as const) {
      if (this.#takeSign(sign)) return comparison(token.text, sign, numberOf(this.#operand()))
    }
    const next = this.#tokens[this.#at + 1]
    if (next !== undefined && (isSign(next, '[') || isSign(next, '(')) && this.#takeWord('in')) {
      return this.#range(token.text)
    }
    return anywhere(token)
  }

  #range(key: string): LogTest {
    const isFrom = this.#takeSign('[')
    if (!isFrom) this.#takeSign('(')
    const low = numberOf(this.#operand())
    const high = numberOf(this.#operand())
    const isTo = this.#takeSign(']')
    if (!isTo && !this.#takeSign(')')) throw invalidQuery('a range is not closed')
    const above = comparison(key, isFrom ? '>=' : '>', low)
    const below = comparison(key, isTo ? '<=' : '<', high)
    return record => above(record) && below(record)
  }

  #nested(parse: () => LogTest): LogTest {
    if (++this.#depth > depthMax) throw invalidQuery(`the query is nested deeper than ${depthMax}`)
    const test = parse()
    this.#depth--
    return test
  }

  #operand(): QueryToken {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw invalidQuery('the query ends where a word should stand')
    if (token.kind === 'sign' || isWord(token, 'and') || isWord(token, 'or')) {
      throw invalidQuery(`the query has ${this.#shown()} where a word should stand`)
    }
    this.#at++
    return token
  }

  #takeWord(word: string): boolean {
    return this.#take(token => isWord(token, word))
  }

  #takeSign(sign: string): boolean {
    return this.#take(token => isSign(token, sign))
  }

  #take(isWanted: (token: QueryToken) => boolean): boolean {
    const token = this.#tokens[this.#at]
    if (token === undefined || !isWanted(token)) return false
    this.#at++
    return true
  }

  #shown(): string {
    return `'${this.#tokens[this.#at]?.text.slice(0, 32) ?? ''}'`
  }
}

function isWord({ kind, text }: QueryToken, word: string): boolean {
  return kind === 'word' && text.toLowerCase() === word
}

function isSign({ kind, text }: QueryToken, sign: string): boolean {
  return kind === 'sign' && text === sign
}

/** Logs in whose field the words stand, one after the other; `*` asks for the field alone. */
function fieldTest(key: string, value: QueryToken): LogTest {
  if (value.kind === 'word' && value.text === '*') return record => record.has(key)
  const words = wordsOf(value.text, value.kind === 'word')
  return record => {
    const text = record.get(key)
    return text !== undefined && hasWords(text, words)
  }
}

/** Logs in any of whose fields the words stand. */
function anywhere(token: QueryToken): LogTest {
  if (token.kind === 'word' && token.text === '*') return () => true
  const words = wordsOf(token.text, token.kind === 'word')
  return record => {
    for (const [key, text] of record) if (key !== '__time__' && hasWords(text, words)) return true
    return false
  }
}

function comparison(key: string, sign: '>' | '>=' | '<' | '<=' | '=', limit: number): LogTest {
  return record => {
    const text = record.get(key) ?? ''
    const value = text.trim() === '' ? Number.NaN : Number(text)
    switch (sign) {
      case '>':
        return value > limit
      case '>=':
        return value >= limit
      case '<':
        return value < limit
      case '<=':
        return value <= limit
      default:
        return value === limit
    }
  }
}

function numberOf({ text }: QueryToken): number {
  const value = Number(text)
  if (text !== '' && Number.isFinite(value)) return value
  throw invalidQuery(`'${text.slice(0, 32)}' stands where a number should`)
}
