import { createHmac, randomBytes } from 'node:crypto'
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

/** What a signing key is for, besides its secret. */
export interface SigningScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

/**
 * Remembers signing keys, which are the same for all requests of a key, day, region and service: those with which a signature was
 * right. A signature that is wrong is tried with two keys, whether one was remembered or not: so a refusal costs the same whoever
 * is named, and nobody without a secret can drive out what others need. The oldest are forgotten.
 */
export class SigningKeys {
  readonly #known = new Map<string, Buffer>()
  /** Stands in for what is not remembered. */
  readonly #nobodys = randomBytes(32)

  /** `isRight` tells whether the signature was made with a signing key. */
  isRight(
    { accessKeyId, accessKeySecret }: Credential,
    { date, region, service }: SigningScope,
    isRight: (signingKey: Buffer) => boolean,
  ): boolean {
    const name = `${accessKeyId}/${date}/${region}/${service}`
    if (isRight(this.#known.get(name) ?? this.#nobodys)) return true
    const key = awsSigningKey(accessKeySecret, date, region, service)
    if (!isRight(key)) return false
    const [oldest] = this.#known.keys()
    if (this.#known.size >= awsSigningKeysMax && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(name, key)
    return true
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
