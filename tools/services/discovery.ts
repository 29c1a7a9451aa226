import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Server } from './server.ts'

const serversFolder = join(import.meta.dirname, 'servers')

/** Names of all servers, from the files in `servers/`. */
export function serverNames(): string[] {
  return readdirSync(serversFolder)
    .filter(file => file.endsWith('.ts'))
    .map(file => file.slice(0, -'.ts'.length))
    .toSorted()
}

/** The server of that name; rejects with the list of names when there is none. */
export async function findServer(name: string): Promise<Server> {
  if (!serverNames().includes(name))
    throw new Error(`there is no server ${name}; there are ${serverNames().join(', ')}`)
  const module = (await import(pathToFileURL(join(serversFolder, `${name}.ts`)).href)) as { server: Server }
  return module.server
}
