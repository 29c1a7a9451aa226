import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient } from '@millrace/sdk'
import { Option } from 'commander'
import type { Terminal } from './terminal.ts'

export interface ConnectionFlags {
  url?: string
  data?: string
}

export const urlFlag = (): Option => new Option('--url <url>', 'address of the server').env('MILLRACE_URL')
export const dataFlag = (): Option =>
  new Option('--data <folder>', "the server's data folder, where its key is found").env('MILLRACE_DATA')

/**
 * Makes the client of a command: the address from --url, MILLRACE_URL or MILLRACE_LISTEN, the key from the environment
 * or from the credentials file in the data folder of a server on this machine.
 */
export function connect(terminal: Terminal, flags: ConnectionFlags): Client {
  const listen = terminal.environment['MILLRACE_LISTEN'] ?? '127.0.0.1:8400'
  const url = flags.url ?? `http://${listen.replace(/^0\.0\.0\.0/, '127.0.0.1')}`
  const token = tokenFromEnvironment(terminal) ?? tokenFromFile(flags.data ?? '.millrace')
  const securityToken = terminal.environment['MILLRACE_SECURITY_TOKEN']
  return createClient({
    url,
    ...(token === undefined ? {} : { token }),
    ...(securityToken === undefined ? {} : { securityToken }),
  })
}

function tokenFromEnvironment(terminal: Terminal): string | undefined {
  const id = terminal.environment['MILLRACE_ACCESS_KEY_ID']
  const secret = terminal.environment['MILLRACE_ACCESS_KEY_SECRET']
  return id === undefined || secret === undefined ? undefined : `${id}.${secret}`
}

function tokenFromFile(dataPath: string): string | undefined {
  try {
    const text = readFileSync(join(dataPath, 'credentials.json'), 'utf8')
    const [key] = (JSON.parse(text) as { keys: { accessKeyId: string; accessKeySecret: string }[] }).keys
    return key === undefined ? undefined : `${key.accessKeyId}.${key.accessKeySecret}`
  } catch {
    // No server has been started with this folder; the call without a key says what is missing.
    return undefined
  }
}
