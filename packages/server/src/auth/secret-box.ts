import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { AppError, retryNever } from '@millrace/spi'
import { secretKeyBytes } from './secret-key.ts'

const prefix = 'sealed:v1:'
const nonceBytes = 12
const tagBytes = 16

/**
 * Keeps secrets of connections unreadable in stored documents and API answers: AES-256-GCM under a key that lies
 * elsewhere. The nonce is made from key and text, so the same secret has the same sealed form: writing a wiring
 * a second time changes nothing. What that tells an onlooker is that two secrets are equal, and no more.
 */
export class SecretBox {
  // Key objects: with bytes, most of the time of opening ten thousand secrets goes into looking at the key.
  readonly #key: Uint8Array
  readonly #cipherKey: KeyObject
  readonly #nonceKey: KeyObject
  readonly #earlier: SecretBox | undefined

  /** `earlier` is a key that still opens what was sealed with it; nothing is sealed with it any more. */
  constructor(key: Uint8Array, earlier?: Uint8Array) {
    this.#earlier =
      earlier === undefined || Buffer.compare(earlier, key) === 0 ? undefined : new SecretBox(earlier)
    this.#key = key
    this.#cipherKey = derivedKey(key, 'millrace secret cipher')
    this.#nonceKey = derivedKey(key, 'millrace secret nonce')
  }

  /** A box with a key of its own: what was sealed for one purpose cannot be opened for another. */
  forPurpose(purpose: string): SecretBox {
    const earlier = this.#earlier
    return new SecretBox(this.#keyFor(purpose), earlier === undefined ? undefined : earlier.#keyFor(purpose))
  }

  /** A text that is sealed already stays as it is, unless an earlier key may have sealed it. */
  seal(text: string): string {
    if (text.startsWith(prefix)) return this.#earlier === undefined ? text : this.seal(this.open(text))
    const nonce = createHmac('sha256', this.#nonceKey).update(text).digest().subarray(0, nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#cipherKey, nonce)
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return prefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** The clear text; texts that are not sealed come back as they are. Throws `secret.unreadable`. */
  open(text: string): string {
    if (!text.startsWith(prefix)) return text
    const bytes = Buffer.from(text.slice(prefix.length), 'base64url')
    try {
      const nonce = bytes.subarray(0, nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', this.#cipherKey, nonce)
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
      const sealed = bytes.subarray(nonceBytes + tagBytes)
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
    } catch {
      if (this.#earlier !== undefined) return this.#earlier.open(text)
      // The cause would say how far the decryption came, which is nobody's business.
      throw new AppError(
        'secret.unreadable',
        'a sealed secret was not made with the key of this server',
        retryNever,
      )
    }
  }

  #keyFor(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#key, '', `millrace ${purpose}`, secretKeyBytes))
  }

  /** Opens every sealed text in a value of any shape. */
  openAll(value: unknown): unknown {
    if (typeof value === 'string') return this.open(value)
    if (Array.isArray(value)) return value.map(item => this.openAll(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.openAll(member)]))
  }
}

function derivedKey(key: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', purpose, secretKeyBytes)))
}
