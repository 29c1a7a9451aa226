import { type Client, createTestMillrace } from '@millrace/sdk'
import { wiringSchema } from '@millrace/sdk/deploy'
import { Compile } from 'typebox/schema'
import { parseAllDocuments } from 'yaml'
import type { Block } from '../../tools/docs/index.ts'

/** Judges blocks of JSON and YAML as the server and the editor do. */
export interface DataJudge extends AsyncDisposable {
  /** What the block was taken for; throws a sentence when it is none of that kind. */
  judge(block: Block): Promise<string>
}

type Members = Record<string, unknown>

/** A judge with a server behind it, which compiles patterns and policies. */
export async function dataJudge(): Promise<DataJudge> {
  const millrace = await createTestMillrace()
  const { client } = millrace
  const wiring = Compile(wiringSchema(await client.openApi(), await client.connectors()) as Members)
  const kinds: Record<string, (value: Members) => Promise<void> | void> = {
    policy: value => judgePolicy(client, value),
    pattern: async value => void (await client.testPattern({}, value)),
    wiring: value => {
      const [fits, errors] = wiring.Errors(value)
      if (!fits)
        throw new Error(errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; '))
    },
    data: () => {},
  }
  return {
    async judge(block) {
      const values = block.language === 'json' ? jsonValues(block.text) : yamlValues(block.text)
      const found = new Set<string>()
      for (const value of values) {
        const kind = kindOf(value)
        await kinds[kind]?.(value as Members)
        found.add(kind)
      }
      return [...found].join(' and ')
    },
    [Symbol.asyncDispose]: () => millrace[Symbol.asyncDispose](),
  }
}

/** One value, or one on each line. */
function jsonValues(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch (error) {
    const lines = text.split('\n').filter(line => line.trim() !== '')
    if (lines.length < 2 || !lines.every(line => line.startsWith('{'))) throw error
    return lines.map(line => JSON.parse(line) as unknown)
  }
}

function yamlValues(text: string): unknown[] {
  const documents = parseAllDocuments(text)
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) throw new Error(error.message)
  }
  return documents.map(document => document.toJS() as unknown)
}

const wiringMembers = ['buses', 'functions', 'streams', 'queues', 'topics', 'instances', 'layers', 'name']
const eventMembers = ['data', 'type', 'source', 'subject', 'id', 'time']

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'data'
  const names = Object.keys(value)
  const within = (known: readonly string[]): boolean => names.every(name => known.includes(name))
  if (names.includes('Statement')) return 'policy'
  if (names.includes('name') ? names.length > 1 && within(wiringMembers) : within(wiringMembers))
    return 'wiring'
  return within(eventMembers) && isPatternShape(value) ? 'pattern' : 'data'
}

/** In a pattern every way ends in a list. */
function isPatternShape(value: unknown): boolean {
  if (Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && Object.values(value).every(isPatternShape)
}

/** A trust policy says who; it is tried as that of a role. */
async function judgePolicy(client: Client, value: Members): Promise<void> {
  const isTrust = JSON.stringify(value).includes('"Principal"')
  if (isTrust) await client.roles.put('of-a-page', { trust: value } as never)
  else await client.policies.put('of-a-page', { document: value } as never)
}
