import { createHmac } from 'node:crypto'
import type { Credential } from '../credentials.ts'

/** Keys remembered at once. */
export const awsSigningKeysMax = 256

/** The key that a secret becomes for one day, region and service. */
export function awsSigningKey(secret: string, date: string, region: string, service: string): Buffer {
  let key = hmac(`AWS4${secret}`, date)
  key = hmac(key, region)
  key = hmac(key, service)
  return hmac(key, 'aws4_request')
}

/**
 * Remembers signing keys, which are the same for all requests of a key, day, region and service. The oldest are
 * forgotten: only who knows a secret's id can ask for another one, and asking costs four hashes.
 */
export class SigningKeys {
  readonly #known = new Map<string, Buffer>()

  of({ accessKeyId, accessKeySecret }: Credential, date: string, region: string, service: string): Buffer {
    const name = `${accessKeyId}/${date}/${region}/${service}`
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const key = awsSigningKey(accessKeySecret, date, region, service)
    const [oldest] = this.#known.keys()
    if (this.#known.size >= awsSigningKeysMax && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(name, key)
    return key
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
