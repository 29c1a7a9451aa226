import { expect, test } from 'vitest'
import { nodeVersionProblem } from './node-version.ts'

test('the floor and everything above it is accepted', () => {
  expect(nodeVersionProblem('24.15.0')).toBeUndefined()
  expect(nodeVersionProblem('24.21.0')).toBeUndefined()
  expect(nodeVersionProblem('26.0.1')).toBeUndefined()
})

test('an older Node is refused with both versions and a way out', () => {
  const problem = nodeVersionProblem('20.20.2')

  expect(problem).toContain('24.15')
  expect(problem).toContain('20.20.2')
  expect(problem).toContain('npm test')
  expect(nodeVersionProblem('24.14.9')).toBeDefined()
})
