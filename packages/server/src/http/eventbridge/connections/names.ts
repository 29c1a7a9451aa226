import { hash } from 'node:crypto'

/** The instance that stands for a connection. */
export function connectionInstance(name: string): string {
  return instanceName('connection', name)
}

/** The instance that stands for an API destination; its credentials are those of its connection. */
export function destinationInstance(name: string): string {
  return instanceName('api-destination', name)
}

/** Longest name that is a part of an instance's name as it is; both have 127 characters at most. */
const plainLengthMax = 100

function instanceName(kind: string, name: string): string {
  const short =
    name.length <= plainLengthMax ? name : `${name.slice(0, 60)}.${hash('sha256', name).slice(0, 32)}`
  return `${kind}.${short}`
}
