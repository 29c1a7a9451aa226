import { createTestMillrace } from '@millrace/sdk'
import type { Tree } from '../source/index.ts'
import type { OptionSchema } from './connectors-page.ts'

/** What the pages need of the OpenAPI document. */
export interface ApiDocument {
  readonly info: { readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Operation {
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
  /** Who may call it: permissions, or a word for those who always may. */
  readonly 'x-millrace-access'?: readonly Permission[] | string
}

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: OptionSchema
}

export interface Permission {
  readonly action: string
  readonly resource: string
  /** `creates` or `replaces`, for a request that may do either. */
  readonly when?: string
}

type Content = Readonly<Record<string, { readonly schema: OptionSchema }>>

/** What a server of these sources says of itself. */
export interface Served {
  readonly api: ApiDocument
  /** The exposition text of its metrics. */
  readonly metrics: string
}

const asked = new WeakMap<Tree, Promise<Served>>()

/** Starts a server on memory, asks it, and ends it; once for all pages that are made of a tree. */
export function served(tree: Tree): Promise<Served> {
  const earlier = asked.get(tree)
  if (earlier !== undefined) return earlier
  const answer = askServer()
  asked.set(tree, answer)
  return answer
}

async function askServer(): Promise<Served> {
  await using millrace = await createTestMillrace()
  const metrics = await fetch(`${millrace.url}/metrics`, {
    headers: { authorization: `Bearer ${millrace.token}` },
  })
  return {
    api: (await millrace.client.openApi()) as unknown as ApiDocument,
    metrics: await metrics.text(),
  }
}
