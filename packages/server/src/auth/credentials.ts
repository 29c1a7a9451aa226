import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, retryNever } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** One access key. The secret is kept as it is, because signature schemes need it. */
export interface Credential {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly account: string
}

export interface CredentialsSource {
  /** The folder that holds `credentials.json`; it must exist. */
  readonly dataPath: string
  /** The account that a new key belongs to. */
  readonly account: string
  /** From the environment. Given together they win over the file, which is then neither read nor written. */
  readonly accessKeyId?: string | undefined
  readonly accessKeySecret?: string | undefined
}

export interface LoadedCredentials {
  readonly credentials: readonly Credential[]
  /** True when the key was made just now: the only time at which its secret is shown. */
  readonly created: boolean
}

/** Name of the file inside the data folder. */
export const credentialsFileName = 'credentials.json'

const CredentialsFile = Type.Object({
  keys: Type.Array(
    Type.Object({
      accessKeyId: Type.String({ pattern: '^[^.\\s]{1,128}$' }),
      accessKeySecret: Type.String({ pattern: '^\\S{1,512}$' }),
      account: Type.String({ minLength: 1 }),
    }),
    { minItems: 1, maxItems: 1_000 },
  ),
})
const checkFile = Compile(CredentialsFile)

/**
 * The keys of this node: from the environment, else from the file, else made now and kept with mode 0600.
 * Refuses (`auth.credentials-invalid`) half a pair in the environment, a file that others may read, and a file that
 * cannot be understood: a new key beside a damaged file would lock out whoever holds the old one.
 */
export async function loadCredentials(source: CredentialsSource): Promise<LoadedCredentials> {
  const fromEnvironment = environmentCredential(source)
  if (fromEnvironment !== undefined) return { credentials: [fromEnvironment], created: false }
  const path = join(source.dataPath, credentialsFileName)
  const stored = await readCredentials(path)
  if (stored !== undefined) return { credentials: stored, created: false }
  const credential: Credential = {
    accessKeyId: `MR${randomBytes(10).toString('hex').toUpperCase()}`,
    accessKeySecret: randomBytes(32).toString('base64url'),
    account: source.account,
  }
  await writeCredentials(path, [credential])
  return { credentials: [credential], created: true }
}

function environmentCredential(source: CredentialsSource): Credential | undefined {
  const { accessKeyId = '', accessKeySecret = '', account } = source
  if (accessKeyId === '' && accessKeySecret === '') return undefined
  if (accessKeyId === '' || accessKeySecret === '') {
    throw invalid('MILLRACE_ACCESS_KEY_ID and MILLRACE_ACCESS_KEY_SECRET must be set together')
  }
  const credential = { accessKeyId, accessKeySecret, account }
  if (!checkFile.Check({ keys: [credential] })) {
    throw invalid(
      'an access key id has 1 to 128 characters without dots and spaces, a secret 1 to 512 without spaces',
    )
  }
  return credential
}

async function readCredentials(path: string): Promise<readonly Credential[] | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    throw invalid(`${path} cannot be read`, thrown)
  }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw invalid(`${path} may be read by others (mode ${(mode & 0o777).toString(8)}); run chmod 600 on it`)
  }
  return parseCredentials(path, text)
}

function parseCredentials(path: string, text: string): readonly Credential[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, and with it the secret: it is not passed on.
    throw invalid(`${path} is not JSON`)
  }
  if (!checkFile.Check(value)) throw invalid(`${path} does not hold a list "keys" of id, secret and account`)
  return (value satisfies Static<typeof CredentialsFile>).keys
}

/** Written whole beside its place, flushed, then renamed: a crash leaves no half of a file. */
async function writeCredentials(path: string, keys: readonly Credential[]): Promise<void> {
  const draft = `${path}.new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('auth.credentials-invalid', message, retryNever, { cause })
}
