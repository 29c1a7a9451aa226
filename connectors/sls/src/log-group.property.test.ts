import { createRequire } from 'node:module'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import {
  decodeLogGroupList,
  encodeLog,
  encodeLogGroup,
  type Log,
  type Pair,
  sizeInGroup,
} from './log-group.ts'

/** The schema that the vendor's client brings along, read by a library. */
const schema = protobuf.loadSync(createRequire(import.meta.url).resolve('@alicloud/log/lib/sls.proto'))
const Group = schema.lookupType('sls.LogGroup')
const List = schema.lookupType('sls.LogGroupList')

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('x'.repeat(200)))
const pairs = fc.array(fc.tuple(text, text), { maxLength: 4 })
const log = fc.record({
  time: fc.nat(4_294_967_295),
  timeNs: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
  contents: pairs,
})

function wireLog({ time, timeNs, contents }: Log) {
  return { Time: time, Contents: wirePairs(contents), ...(timeNs === 0 ? {} : { TimeNs: timeNs }) }
}

function wirePairs(all: readonly Pair[]) {
  return all.map(([Key, Value]) => ({ Key, Value }))
}

describe('groups of logs', () => {
  test('are written as a library reads them', () => {
    fc.assert(
      fc.property(fc.array(log, { maxLength: 5 }), text, text, (logs, topic, source) => {
        const encoded = logs.map(encodeLog)
        const bytes = encodeLogGroup(encoded, topic, source)
        const labels = encodeLogGroup([], topic, source).length
        expect(bytes).toHaveLength(encoded.reduce((sum, one) => sum + sizeInGroup(one), labels))
        expect(Group.toObject(Group.decode(bytes), { arrays: true })).toEqual({
          Logs: logs.map(wireLog),
          LogTags: [],
          ...(topic === '' ? {} : { Topic: topic }),
          ...(source === '' ? {} : { Source: source }),
        })
      }),
    )
  })

  test('are read as a library writes them', () => {
    const group = fc.record({ topic: text, source: text, tags: pairs, logs: fc.array(log, { maxLength: 4 }) })
    fc.assert(
      fc.property(fc.array(group, { maxLength: 3 }), groups => {
        const logGroupList = groups.map(({ topic, source, tags, logs }) => ({
          Logs: logs.map(wireLog),
          Topic: topic,
          Source: source,
          LogTags: wirePairs(tags),
        }))
        const bytes = Buffer.from(List.encode(List.create({ logGroupList })).finish())
        expect(decodeLogGroupList(bytes)).toEqual(groups)
      }),
    )
  })

  test('that are cut off or rubbish are an error that may pass, and nothing else', () => {
    fc.assert(
      fc.property(log, fc.uint8Array({ maxLength: 40 }), fc.nat(), (one, rubbish, cut) => {
        const whole = List.encode(List.create({ logGroupList: [{ Logs: [wireLog(one)] }] })).finish()
        for (const bytes of [whole.subarray(0, cut % (whole.length + 1)), rubbish]) {
          try {
            decodeLogGroupList(Buffer.from(bytes))
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'source.failed', retry: { kind: 'backoff' } })
          }
        }
      }),
    )
  })
})
