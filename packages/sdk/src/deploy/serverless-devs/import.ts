import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import type { FunctionDocument, WiringDocument } from '../../index.ts'
import { readFunction } from './function.ts'
import { Members } from './members.ts'
import { type VariableScope, withVariables } from './variables.ts'

export interface ImportedWiring {
  readonly document: WiringDocument
  /** Places of the file that were not taken over, each with what to do about it. */
  readonly leftOut: readonly string[]
}

interface ServerlessFile {
  name?: string
  vars?: Record<string, unknown>
  resources?: Record<string, { component?: string; props?: Record<string, unknown> }>
}

/**
 * Reads an `s.yaml` of Serverless Devs: resources of the component `fc3` become functions with their triggers. Code paths stay
 * as they are, relative to the file. Throws a sentence when the file is not one, or a value cannot be read.
 */
export async function importServerlessDevs(
  path: string,
  environment: VariableScope['environment'],
): Promise<ImportedWiring> {
  const parsed = parseDocument(await readFile(path, 'utf8'))
  const [error] = parsed.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const { name, vars = {}, resources } = (parsed.toJS() ?? {}) as ServerlessFile
  if (typeof resources !== 'object')
    throw new Error(`${path} has no resources; is it an s.yaml of edition 3?`)
  const functions: Record<string, FunctionDocument> = {}
  const leftOut: string[] = []
  for (const [key, { component = '', props = {} }] of Object.entries(resources)) {
    if (!/^(?:.*\/)?fc3(?:@.*)?$/.test(component)) {
      leftOut.push(`resources.${key} (${component}): only the component fc3 can be read`)
      continue
    }
    const place = `resources.${key}.props`
    const scope = { vars, own: props, resources, environment }
    const known = withVariables(props, scope, text =>
      leftOut.push(`${place}: nobody knows what ${text} stands for`),
    )
    const read = readFunction(new Members(known, place), place)
    functions[read.name] = read.document
    leftOut.push(...read.leftOut)
  }
  return { document: { ...(name === undefined ? {} : { name }), functions }, leftOut }
}
