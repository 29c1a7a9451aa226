import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { WiringItem } from '../index.ts'
import type { Wiring } from './load.ts'

/**
 * A wiring whose instances have what they only point to: `{ env: NAME }` in the place of an option stands for a variable of the
 * environment, `{ file: PATH }` for the text of a file without the end of its last line. So secrets stay out of the wiring.
 * Throws a sentence that names instance, option and what is missing; never a value.
 */
export async function withReferenced(wiring: Wiring, environment: Environment): Promise<Wiring> {
  const { folder } = wiring
  const items = wiring.items.map(async (item): Promise<WiringItem> => {
    if (item.kind !== 'instance' || item.spec.options === undefined) return item
    const place = `instance ${item.name}, option `
    const options = await resolved(item.spec.options, place, { folder, environment })
    return { ...item, spec: { ...item.spec, options: options as Record<string, unknown> } }
  })
  return { ...wiring, items: await Promise.all(items) }
}

type Environment = Readonly<Record<string, string | undefined>>

interface ReferenceScope {
  /** Paths are relative to it. */
  readonly folder: string
  readonly environment: Environment
}

async function resolved(value: unknown, place: string, scope: ReferenceScope): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value) as [string, unknown][]
  const [[name, target] = ['', undefined]] = members
  if (members.length === 1 && typeof target === 'string') {
    if (name === 'env') return variable(target, place, scope)
    if (name === 'file') return await textOf(target, place, scope)
  }
  const inner = members.map(
    async ([member, each]) => [member, await resolved(each, `${place}${member} `, scope)] as const,
  )
  return Object.fromEntries(await Promise.all(inner))
}

function variable(name: string, place: string, { environment }: ReferenceScope): string {
  const value = environment[name]
  if (value === undefined) throw new Error(`${place.trim()}: the variable ${name} is not set`)
  return value
}

async function textOf(path: string, place: string, { folder }: ReferenceScope): Promise<string> {
  try {
    return (await readFile(resolve(folder, path), 'utf8')).replace(/\r?\n$/, '')
  } catch (cause) {
    throw new Error(`${place.trim()}: ${path} cannot be read`, { cause })
  }
}
