/** A customer as a shop sends it: whatever people typed. */
export type Typed = Readonly<Record<string, unknown>>

/** Names under which the shops know a country, beside its code. */
const countryCodes: Readonly<Record<string, string>> = {
  deutschland: 'DE',
  germany: 'DE',
  中国: 'CN',
  china: 'CN',
  'new zealand': 'NZ',
  'united kingdom': 'GB',
  uk: 'GB',
}

/**
 * What a shop sent, as the table wants it. It decides how a value is written, never whether it is good: what it cannot
 * read it passes on as it is, so that the table refuses the row and says why. Nothing is guessed, and nothing is dropped.
 */
export function cleansed({ id, name, email, phone, country, credit, born }: Typed) {
  return {
    id,
    name: ifText(name, tidy),
    email: ifText(email, text => tidy(text)?.toLowerCase()),
    phone: ifText(phone, phoneNumber),
    country: ifText(country, countryCode),
    credit: ifText(credit, amount),
    born: ifText(born, day),
  }
}

function ifText(value: unknown, make: (text: string) => unknown): unknown {
  return typeof value === 'string' ? make(value) : value
}

/** Without what people type around it; nothing instead of an empty text. */
function tidy(text: string): string | undefined {
  const trimmed = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  return trimmed === '' ? undefined : trimmed
}

/** `0049 (30) 12-34` → `+49301234` */
function phoneNumber(text: string): string | undefined {
  return tidy(text.replaceAll(/[\s().\-/]/g, '').replace(/^00/, '+'))
}

function countryCode(text: string): string | undefined {
  const name = tidy(text)
  return countryCodes[name?.toLowerCase() ?? ''] ?? name?.toUpperCase()
}

/** `1.234,50 €`, `1,234.50` and `1234.5` are the same number: a comma or dot before one or two last digits is the point. */
function amount(text: string): number | string {
  const bare = text.replaceAll(/[\s€$¥]/g, '')
  const [, whole, decimals = '0'] = /^(-?\d{1,3}(?:[.,]?\d{3})*)(?:[.,](\d{1,2}))?$/.exec(bare) ?? []
  return whole === undefined ? text : Number(`${whole.replaceAll(/[.,]/g, '')}.${decimals}`)
}

/** `31.12.1990` → `1990-12-31`; whether there is such a day, the table knows. */
function day(text: string): string | undefined {
  const [, date = '', month = '', year] = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text.trim()) ?? []
  return year === undefined ? tidy(text) : `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
}
