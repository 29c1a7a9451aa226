import { createPrivateKey, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '@millrace/spi'
import { selfSignedCertificate } from './self-signed.ts'

/** Name of the file inside the data folder that has the key and the certificate. */
export const pushIdentityFileName = 'push-identity.pem'

const keyBits = 2_048
/** Receivers keep the certificate; it is as good for twenty years. */
const validMs = 20 * 365 * 86_400_000
const dayMs = 86_400_000

/**
 * The key that pushes of topics are signed with, and its certificate. Made when it is first needed, which takes a moment:
 * most servers have no topics.
 */
export class PushIdentity {
  readonly #path: string
  readonly #clock: Clock
  #loading: Promise<void> | undefined
  #loaded: { readonly key: KeyObject; readonly certificate: string } | undefined

  constructor(dataPath: string, clock: Clock) {
    this.#path = join(dataPath, pushIdentityFileName)
    this.#clock = clock
  }

  /** Loads or makes the key. To be called, and waited for, before anything else is asked. */
  async prepare(): Promise<void> {
    if (this.#loaded !== undefined) return
    this.#loading ??= this.#load()
    try {
      await this.#loading
    } finally {
      this.#loading = undefined
    }
  }

  /** In PEM; `undefined` as long as nothing was ever signed. */
  get certificate(): string | undefined {
    return this.#loaded?.certificate
  }

  /** Base64 of RSASSA-PKCS1-v1_5 with SHA-1, which receivers of the compatible interface check. */
  sign(text: string): string {
    if (this.#loaded === undefined) throw new Error('the key of pushes is not there yet')
    return sign('sha1', Buffer.from(text), this.#loaded.key).toString('base64')
  }

  async #load(): Promise<void> {
    try {
      await using file = await open(this.#path, 'wx', 0o600)
      const text = await makeIdentity(this.#clock.nowMs())
      await file.writeFile(text)
      await file.sync()
      this.#loaded = parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
      const text = await readFile(this.#path, 'utf8')
      this.#loaded = parse(text)
    }
  }
}

async function makeIdentity(nowMs: number): Promise<string> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: keyBits })
  const certificate = selfSignedCertificate(pair, {
    name: 'millrace',
    serial: Buffer.concat([Uint8Array.of(1), randomBytes(15)]),
    fromMs: nowMs - dayMs,
    untilMs: nowMs + validMs,
  })
  return `${pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}${certificate}`
}

function parse(text: string): { key: KeyObject; certificate: string } {
  const at = text.indexOf('-----BEGIN CERTIFICATE-----')
  return { key: createPrivateKey(text.slice(0, at)), certificate: text.slice(at) }
}
