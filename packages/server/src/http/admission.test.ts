import type { RouteOptions } from 'fastify'
import { expect, test } from 'vitest'
import { needs } from './access.ts'
import { accessOf } from './admission.ts'

function route(url: string, config: object = {}): RouteOptions {
  return { method: 'GET', url, config, handler: () => {} }
}

test('a route that says no permission keeps the server from starting', () => {
  expect(() => accessOf(route('/new'))).toThrow(
    'the route /new does not say what a caller must be allowed to',
  )
  expect(() => accessOf(route('/new', { isOpen: false }))).toThrow('/new')
})

test('so does one that is about a parameter that its path does not have', () => {
  const access = needs('eventbridge:GetEventBus', 'eventbus/:bus')
  expect(accessOf(route('/buses/:bus', { access }))).toBe(access)
  expect(() => accessOf(route('/buses/:name', { access }))).toThrow('has no parameter bus')
})

test('a route is open only where it says so', () => {
  expect(accessOf(route('/healthz', { isOpen: true }))).toBeUndefined()
})
