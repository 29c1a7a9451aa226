import { expect, test } from 'vitest'
import { Exercised } from './exercised.ts'

const table = {
  title: 'Some Cloud',
  client: 'some-client 1.2.3',
  actions: [
    { name: 'make', verdict: 'works' },
    { name: 'paint', verdict: 'stored' },
    { name: 'fly', verdict: 'refused' },
  ],
} as const

const client = {
  make: async () => 'made',
  paint: async () => 'painted',
  fly: async (): Promise<string> => {
    throw Object.assign(new Error('no wings'), { code: 'NotOffered' })
  },
}
const isAction = (method: string): string | undefined => (method in client ? method : undefined)

test('a table that tells the truth is not contradicted', async () => {
  const exercised = new Exercised(table, 'NotOffered')
  const watched = exercised.watch(client, isAction)

  expect(await watched.make()).toBe('made')
  expect(await watched.paint()).toBe('painted')
  await expect(watched.fly()).rejects.toThrow('no wings')

  expect(exercised.contradictions(['make', 'paint', 'fly'])).toEqual([])
})

test('what was never called, never answered, answered after all, refused otherwise or not listed is told', async () => {
  const refuses = async (): Promise<string> => {
    throw Object.assign(new Error('broken'), { code: 'Broken' })
  }
  const exercised = new Exercised(table, 'NotOffered')
  const watched = exercised.watch({ ...client, make: refuses }, isAction)
  await expect(watched.make()).rejects.toThrow('broken')
  await exercised.note('fly', () => 'flew')

  expect(exercised.contradictions(['make', 'swim'])).toEqual([
    'swim is not in the table',
    'make (works) was never answered',
    'paint was never called',
    'fly (refused) ended otherwise: ["answered"]',
  ])

  const other = new Exercised(table, 'SomethingElse')
  await expect(other.watch(client, isAction).fly()).rejects.toThrow('no wings')
  expect(other.contradictions([])).toContain('fly (refused) ended otherwise: [{"refused":"NotOffered"}]')
})
