import type { ConnectorInfo } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { sinkOf, sourceOf } from './place.ts'

const text = { type: 'string' }
const named = { version: '', description: '', title: '' }
const connectors: ConnectorInfo[] = [
  {
    ...named,
    system: 'kafka',
    connection: { properties: { bootstrap: text } },
    source: {
      options: { required: ['topic', 'group'], properties: { bootstrap: text, topic: text, group: text } },
      tasksMax: 64,
      ordered: true,
    },
    sink: { options: { properties: { bootstrap: text, topic: text } }, recordsMax: 100, parameters: [] },
  },
  {
    ...named,
    system: 'file',
    source: {
      options: { required: ['paths'], properties: { paths: { type: 'array', items: text } } },
      tasksMax: 1,
      ordered: true,
    },
  },
  {
    ...named,
    system: 'http',
    sink: { options: { required: ['url'], properties: { url: text } }, recordsMax: 1, parameters: [] },
  },
]
const place = (written: string, instance?: string, ...assignments: string[]) => ({
  place: written,
  instance,
  assignments,
})

describe('where a stream reads', () => {
  test('is a topic of a system, by an instance; the group of readers has the name of the stream', () => {
    expect(sourceOf(place('kafka:orders', 'main'), connectors, 'clean')).toEqual({
      connector: 'kafka',
      instance: 'main',
      options: { topic: 'orders', group: 'clean' },
    })
  })

  test('is told more closely by further options', () => {
    expect(sourceOf(place('kafka:orders', undefined, 'group=g'), connectors, 'clean').options).toEqual({
      topic: 'orders',
      group: 'g',
    })
  })

  test('may be several things with commas between', () => {
    expect(sourceOf(place('file:/a,/b'), connectors, 's').options).toEqual({ paths: ['/a', '/b'] })
  })

  test('is never a system without a source', () => {
    expect(() => sourceOf(place('http:x'), connectors, 's')).toThrow('there are kafka, file')
  })
})

describe('where a stream writes', () => {
  test.each([
    ['function:clean', { function: 'clean' }],
    ['function:clean@prod', { function: 'clean', qualifier: 'prod' }],
    ['bus:shop', { bus: 'shop' }],
    ['queue:q', { queue: 'q' }],
    ['topic:t', { topic: 't' }],
    ['kafka:out', { connector: 'kafka', options: { topic: 'out' } }],
    ['http:https://a.example:8/x', { connector: 'http', options: { url: 'https://a.example:8/x' } }],
  ])('%s', (written, sink) => {
    expect(sinkOf(place(written), connectors)).toEqual(sink)
  })

  test('is refused when it is half said, or with options that it has not', () => {
    expect(() => sinkOf(place('function'), connectors)).toThrow('function:NAME')
    expect(() => sinkOf(place('bus:b', 'main'), connectors)).toThrow('no instance')
    expect(() => sinkOf(place('file:/x'), connectors)).toThrow(
      'there are function, bus, queue, topic, kafka, http',
    )
  })
})
