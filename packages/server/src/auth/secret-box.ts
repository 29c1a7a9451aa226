import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, retryNever } from '@millrace/spi'

/** Name of the key file inside the data folder. Whoever has it and the documents can read the secrets in them. */
export const secretKeyFileName = 'secret.key'

const prefix = 'sealed:v1:'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/**
 * Keeps secrets of connections unreadable in stored documents and API answers: AES-256-GCM under a key that lies in a
 * file of its own. The nonce is made from key and text, so the same secret has the same sealed form: writing a wiring
 * a second time changes nothing. What that tells an onlooker is that two secrets are equal, and no more.
 */
export class SecretBox {
  // Key objects: with bytes, most of the time of opening ten thousand secrets goes into looking at the key.
  readonly #key: Uint8Array
  readonly #cipherKey: KeyObject
  readonly #nonceKey: KeyObject

  constructor(key: Uint8Array) {
    this.#key = key
    this.#cipherKey = derivedKey(key, 'millrace secret cipher')
    this.#nonceKey = derivedKey(key, 'millrace secret nonce')
  }

  /** A box with a key of its own: what was sealed for one purpose cannot be opened for another. */
  forPurpose(purpose: string): SecretBox {
    return new SecretBox(new Uint8Array(hkdfSync('sha256', this.#key, '', `millrace ${purpose}`, keyBytes)))
  }

  /** A text that is sealed already stays as it is. */
  seal(text: string): string {
    if (text.startsWith(prefix)) return text
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
      // The cause would say how far the decryption came, which is nobody's business.
      throw new AppError(
        'secret.unreadable',
        'a sealed secret was not made with the key of this server',
        retryNever,
      )
    }
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
  return createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', purpose, keyBytes)))
}

/** Reads the key of a data folder, or makes one at the first start, readable by its owner alone. */
export async function loadSecretBox(dataPath: string): Promise<SecretBox> {
  const path = join(dataPath, secretKeyFileName)
  try {
    await using file = await open(path, 'wx', 0o600)
    const key = randomBytes(keyBytes)
    await file.writeFile(`${key.toString('base64url')}\n`)
    await file.sync()
    return new SecretBox(key)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url')
  if (key.length !== keyBytes) {
    throw new AppError('secret.unreadable', `${path} does not hold a key of ${keyBytes} bytes`, retryNever, {
      details: { limit: keyBytes, seen: key.length },
    })
  }
  return new SecretBox(key)
}
