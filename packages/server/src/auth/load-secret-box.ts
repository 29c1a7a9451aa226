import { randomBytes } from 'node:crypto'
import { open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, retryNever } from '@millrace/spi'
import { SecretBox } from './secret-box.ts'
import { keyOf, readSecretKey, secretKeyBytes, type SecretKeySource } from './secret-key.ts'

/** Name of the key file inside the data folder. Whoever has it and the documents can read the secrets in them. */
export const secretKeyFileName = 'secret.key'

/** Name of the file that is sealed with the key, so that another one is noticed before anything is sealed with it. */
const markFileName = 'secret.check'
const mark = 'millrace'

/**
 * The box of a data folder. The key comes from its source; from the folder it is made at the first start, readable by its
 * owner alone. With another source a key that lies in the folder still opens what was sealed with it.
 *
 * Throws `secret.unreadable` when there is no key, or it is not the one that the folder's secrets are sealed with.
 */
export async function loadSecretBox(dataPath: string, source: SecretKeySource): Promise<SecretBox> {
  const markPath = join(dataPath, markFileName)
  const sealedMark = await textOf(markPath)
  const earlier = await keyInFolder(dataPath)
  const key =
    source.kind === 'folder'
      ? (earlier ?? (await makeKey(dataPath, sealedMark)))
      : await readSecretKey(source)
  const box = new SecretBox(key, earlier)
  if (sealedMark !== undefined && !opens(box, sealedMark)) throw otherKey(dataPath)
  if (sealedMark !== box.seal(mark)) await replace(markPath, box.seal(mark))
  return box
}

async function keyInFolder(dataPath: string): Promise<Uint8Array | undefined> {
  const path = join(dataPath, secretKeyFileName)
  const text = await textOf(path)
  return text === undefined ? undefined : keyOf(text, path)
}

async function makeKey(dataPath: string, sealedMark: string | undefined): Promise<Uint8Array> {
  const path = join(dataPath, secretKeyFileName)
  if (sealedMark !== undefined) {
    throw new AppError(
      'secret.unreadable',
      `${path} is gone, and the secrets in ${dataPath} are sealed with its key; put it back, or say by MILLRACE_SECRET_KEY, _FILE or _COMMAND where the key is`,
      retryNever,
    )
  }
  const key = randomBytes(secretKeyBytes)
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(`${key.toString('base64url')}\n`)
  await file.sync()
  return key
}

function opens(box: SecretBox, sealedMark: string): boolean {
  try {
    return box.open(sealedMark) === mark
  } catch {
    return false
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

function otherKey(dataPath: string): AppError {
  return new AppError(
    'secret.unreadable',
    `the secrets in ${dataPath} are sealed with another key than the one that was given`,
    retryNever,
  )
}
