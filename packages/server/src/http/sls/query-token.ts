import { Refusal } from './refusal.ts'

/** Longest query text, in characters. */
const queryLengthMax = 16_384

/** A piece of a query: a word, a quoted text, or one of the signs. */
export interface QueryToken {
  readonly kind: 'word' | 'quoted' | 'sign'
  readonly text: string
}

const expression =
  /\s+|"((?:[^"\\]|\\.)*)"|(>=|<=|[()[\]:<>=])|(__tag__:[^\s:()[\]<>="]+)|([^\s"()[\]:<>=]+)/y

/** Takes the text of a query apart. Throws `InvalidQueryString`. */
export function queryTokens(text: string): QueryToken[] {
  if (text.length > queryLengthMax) {
    throw invalidQuery(`the query has ${text.length} characters, at most ${queryLengthMax} are allowed`)
  }
  const tokens: QueryToken[] = []
  let at = 0
  while (at < text.length) {
    expression.lastIndex = at
    const found = expression.exec(text)
    if (found === null) throw invalidQuery(`the query has a quotation mark too many at character ${at}`)
    at = expression.lastIndex
    const [, quoted, sign, tag, word] = found
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/gs, '$1') })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else if (tag !== undefined || word !== undefined) tokens.push({ kind: 'word', text: tag ?? word ?? '' })
  }
  return tokens
}

export function invalidQuery(message: string): Refusal {
  return new Refusal('InvalidQueryString', message)
}
