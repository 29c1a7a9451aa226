/** A secret that was put somewhere, and where. */
export interface Planted {
  readonly place: string
  readonly secret: string
}

/** A place where secrets must not be. */
export interface Searched {
  readonly name: string
  readonly bytes: Buffer
}

/** Every secret that is found in one of these, in any of the forms that a text can be carried in. */
export function tracesOf(planted: readonly Planted[], searched: readonly Searched[]): string[] {
  const found: string[] = []
  for (const { place, secret } of planted) {
    for (const [form, text] of formsOf(secret)) {
      for (const { name, bytes } of searched) {
        if (bytes.includes(text)) found.push(`the secret of ${place}, ${form}, in ${name}`)
      }
    }
  }
  return found
}

/** Forms that are the same for a secret are looked for once. */
function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const forms: [string, string][] = [
    ['as it is', secret],
    ['in JSON', json],
    ['in JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['encoded for a URL', encodeURIComponent(secret)],
    ['encoded for a form', new URLSearchParams({ s: secret }).toString().slice(2)],
    ['in hex', bytes.toString('hex')],
    ['in HEX', bytes.toString('hex').toUpperCase()],
    ['escaped for XML', secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;')],
  ]
  for (const offset of [0, 1, 2]) {
    const inner = innerBase64(bytes, offset)
    forms.push([`in base64 at ${offset}`, inner], [`in base64url at ${offset}`, urlSafe(inner)])
  }
  const seen = new Set<string>()
  return forms.filter(([, text]) => text !== '' && !seen.has(text) && seen.add(text))
}

/** What base64 of a text has in common that the secret stands in, when so many bytes modulo three are before it. */
function innerBase64(secret: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), secret])
  const end = whole.length - (whole.length % 3)
  return whole
    .subarray(offset === 0 ? 0 : 3, end)
    .toString('base64')
    .replaceAll('=', '')
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}
