import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { AppError, retryNever } from '@millrace/spi'

/** Bytes of the key that secrets are sealed with. */
export const secretKeyBytes = 32

/** So long a command may take to tell the key, in milliseconds. */
const commandMsMax = 30_000
/** Output of a command that is looked at; a key takes less than a hundred. */
const outputBytesMax = 4_096

/**
 * Where the key is kept. `folder`: in a file of the data folder, made at the first start. The others keep it away from what
 * it protects: in the environment, in a file elsewhere, or with whatever a command asks, such as a vault.
 */
export type SecretKeySource =
  | { readonly kind: 'folder' }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string; readonly environment: NodeJS.ProcessEnv }

/**
 * Asks a source other than the data folder for the key: 32 bytes in base64, base64url or hexadecimal digits. Throws
 * `secret.unreadable` when there is none; the message names the source and never what it told.
 */
export async function readSecretKey(
  source: Exclude<SecretKeySource, { kind: 'folder' }>,
): Promise<Uint8Array> {
  switch (source.kind) {
    case 'value':
      return keyOf(source.text, 'MILLRACE_SECRET_KEY')
    case 'file':
      return keyOf(await fileText(source.path), `the file ${source.path}`)
    case 'command':
      return keyOf(await commandText(source), 'the output of MILLRACE_SECRET_KEY_COMMAND')
  }
}

/** The bytes of a key as text. Throws `secret.unreadable`; `place` is for the message. */
export function keyOf(text: string, place: string): Uint8Array {
  const trimmed = text.trim()
  const isHexadecimal = /^[0-9a-f]{64}$/i.test(trimmed)
  const key = Buffer.from(trimmed, isHexadecimal ? 'hex' : 'base64url')
  if (key.length === secretKeyBytes && /^[\w+/-]+=*$/.test(trimmed)) return key
  throw new AppError(
    'secret.unreadable',
    `${place} does not hold a key of ${secretKeyBytes} bytes; "openssl rand -base64 ${secretKeyBytes}" makes one`,
    retryNever,
    { details: { limit: secretKeyBytes, seen: key.length } },
  )
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    throw unreadable(`the file ${path} cannot be read (${(thrown as NodeJS.ErrnoException).code})`)
  }
}

function commandText({
  command,
  environment,
}: Extract<SecretKeySource, { kind: 'command' }>): Promise<string> {
  const options = { env: environment, timeout: commandMsMax, maxBuffer: outputBytesMax }
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', command], options, (error, stdout) => {
      if (error === null) resolve(stdout)
      // What it printed may be half a secret.
      else if (error.killed === true || error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
        reject(
          unreadable(
            `MILLRACE_SECRET_KEY_COMMAND took longer than ${commandMsMax} ms, or printed more than ${outputBytesMax} bytes`,
          ),
        )
      else reject(unreadable(`MILLRACE_SECRET_KEY_COMMAND ended with code ${error.code ?? '?'}`))
    })
  })
}

function unreadable(message: string): AppError {
  return new AppError('secret.unreadable', message, retryNever)
}
