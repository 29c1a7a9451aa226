import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { decodeLogGroup, encodeLogGroupList, encodeTag, type LogGroup } from './log-group.ts'

/** The messages of section 2.4, for a library that reads any. */
const schema = protobuf.parse(
  `
  syntax = "proto2";
  message Log {
    required uint32 Time = 1;
    message Content { required string Key = 1; required string Value = 2; }
    repeated Content Contents = 2;
    optional fixed32 TimeNs = 4;
  }
  message LogTag { required string Key = 1; required string Value = 2; }
  message LogGroup {
    repeated Log Logs = 1;
    optional string Category = 2;
    optional string Topic = 3;
    optional string Source = 4;
    optional string MachineUUID = 5;
    repeated LogTag LogTags = 6;
  }
  message LogGroupList { repeated LogGroup logGroupList = 1; }
`,
  { keepCase: true },
).root
const GroupType = schema.lookupType('LogGroup')
const ListType = schema.lookupType('LogGroupList')

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const pair = fc.record({ Key: text, Value: text })
const log = fc.record(
  { Time: fc.nat(4_294_967_295), Contents: fc.array(pair, { maxLength: 4 }), TimeNs: fc.nat(999_999_999) },
  { requiredKeys: ['Time', 'Contents'] },
)
const group = fc.record(
  {
    Logs: fc.array(log, { maxLength: 4 }),
    Category: text,
    Topic: text,
    Source: text,
    MachineUUID: text,
    LogTags: fc.array(pair, { maxLength: 3 }),
  },
  { requiredKeys: ['Logs'] },
)

interface WirePair {
  Key: string
  Value: string
}
interface WireGroup {
  Logs: { Time: number; Contents: WirePair[]; TimeNs?: number }[]
  Topic?: string
  Source?: string
  LogTags?: WirePair[]
}

function asRead({ Logs, Topic = '', Source = '', LogTags = [] }: WireGroup): LogGroup {
  const pairs = (all: WirePair[]) => all.map(({ Key: key, Value: value }) => ({ key, value }))
  return {
    logs: Logs.map(({ Time: time, Contents, TimeNs: timeNs }) => ({
      time,
      timeNs,
      contents: pairs(Contents),
    })),
    topic: Topic,
    source: Source,
    tags: pairs(LogTags),
  }
}

describe('a log group', () => {
  test('is read as a library has written it', () => {
    fc.assert(
      fc.property(group, value => {
        const bytes = Buffer.from(GroupType.encode(value).finish())
        expect(decodeLogGroup(bytes)).toEqual(asRead(value as WireGroup))
      }),
    )
  })

  test('gets another tag by bytes put behind it, and a list of groups is one for a library', () => {
    fc.assert(
      fc.property(fc.array(group, { maxLength: 3 }), text, text, (values, Key, Value) => {
        const groups = values.map(value =>
          Buffer.concat([GroupType.encode(value).finish(), encodeTag(Key, Value)]),
        )
        const list = ListType.decode(encodeLogGroupList(groups)) as unknown as { logGroupList: unknown[] }
        const expected = values.map(value => ({
          ...value,
          LogTags: [...(value.LogTags ?? []), { Key, Value }],
        }))
        expect(
          list.logGroupList.map(one => GroupType.toObject(one as protobuf.Message, { arrays: true })),
        ).toEqual(expected.map(one => GroupType.toObject(GroupType.fromObject(one), { arrays: true })))
      }),
    )
  })

  test('that is cut off or rubbish is refused, and nothing else happens', () => {
    fc.assert(
      fc.property(group, fc.uint8Array({ maxLength: 40 }), fc.nat(), (value, rubbish, cut) => {
        const whole = Buffer.from(GroupType.encode(value).finish())
        for (const bytes of [whole.subarray(0, cut % (whole.length + 1)), Buffer.from(rubbish)]) {
          try {
            decodeLogGroup(bytes)
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'ProtobufFault' })
          }
        }
      }),
    )
  })

  test.each([
    ['a log without a time', '0a021200'],
    ['a pair without a value', '0a07080112030a0161'],
    ['a text that is not UTF-8', '1a01ff'],
    ['a length beyond the end', '0aff01'],
    ['a group of the old kind', '0b'],
  ])('with %s is refused', (_what, hex) => {
    expect(() => decodeLogGroup(Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ name: 'ProtobufFault' }),
    )
  })

  test('of the specification is read', () => {
    const hex =
      '0a2c088095d8c306120d0a056c6576656c1204696e666f12100a076d657373616765120568656c6c6f25050000001a0174220831302e' +
      '302e302e31320a0a03656e761203646576'
    const { logs, ...group } = decodeLogGroup(Buffer.from(hex, 'hex'))
    expect(group).toEqual({ topic: 't', source: '10.0.0.1', tags: [{ key: 'env', value: 'dev' }] })
    const contents = [
      { key: 'level', value: 'info' },
      { key: 'message', value: 'hello' },
    ]
    expect(logs).toEqual([{ time: 1_752_566_400, timeNs: 5, contents }])
  })
})
