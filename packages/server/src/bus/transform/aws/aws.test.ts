import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compileTransform } from '../index.ts'
import type { AwsTransformSpec } from './input.ts'

const place = { account: '111122223333', region: 'us-east-1' }
const ruleArn = 'arn:aws:events:us-east-1:111122223333:rule/lab/paid'

function spec(given: Partial<AwsTransformSpec>): AwsTransformSpec {
  return { form: 'AWS', value: '$', variables: {}, ...place, rule: ruleArn, ...given }
}

function applied(event: object, given: Partial<AwsTransformSpec> = {}): string | undefined {
  const result = compileTransform(spec(given)).apply(Buffer.from(JSON.stringify(event)))
  return result && Buffer.from(result.bytes).toString()
}

const published = {
  specversion: '1.0',
  id: '6a7e8feb-0000-4000-8000-000000000001',
  source: 'shop.orders',
  type: 'OrderPaid',
  time: '2026-11-23T17:29:58Z',
  subject: 'a',
  awsresources: '["a"]',
  awsaccount: '444455556666',
  awsregion: 'eu-west-1',
  data: { i: 7, s: 'RUN', o: { a: 1 } },
}

describe('the shape', () => {
  test('of an event that was published in it is the one that went in', () => {
    expect(JSON.parse(applied(published) ?? '')).toEqual({
      version: '0',
      id: published.id,
      'detail-type': 'OrderPaid',
      source: 'shop.orders',
      account: '444455556666',
      time: '2026-11-23T17:29:58Z',
      region: 'eu-west-1',
      resources: ['a'],
      detail: published.data,
    })
  })

  test.each([
    ['an object', { data: { a: 1 } }, { a: 1 }],
    ['a text', { data: 'x' }, { data: 'x' }],
    ['a list', { data: [1] }, { data: [1] }],
    ['bytes', { data_base64: 'AA==' }, { data_base64: 'AA==' }],
    ['nothing', {}, {}],
  ])('of an event of another road with %s as data', (_what, data, detail) => {
    const event = {
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
      time: '2026-11-23T17:29:58.123+01:00',
    }
    expect(JSON.parse(applied({ ...event, subject: 'x/y', ...data }) ?? '')).toEqual({
      version: '0',
      id: '1',
      'detail-type': 't',
      source: '/s',
      account: place.account,
      time: '2026-11-23T16:29:58Z',
      region: place.region,
      resources: ['x/y'],
      detail,
    })
  })

  test('takes no list of resources that is none, and tells the replay', () => {
    const event = { ...published, awsresources: '[1]', millracereplay: 'r-1' }
    expect(JSON.parse(applied(event) ?? '')).toMatchObject({ resources: ['a'], 'replay-name': 'r-1' })
  })
})

describe('a path', () => {
  test.each([
    ['$.detail.s', '"RUN"'],
    ['$.detail.o', '{"a":1}'],
    ['$.detail-type', '"OrderPaid"'],
    ['$.resources[0]', '"a"'],
    ['$.detail.none', undefined],
  ])('%s gives JSON', (value, text) => {
    expect(applied(published, { value })).toBe(text)
  })
})

describe('a template', () => {
  const variables = { i: '$.detail.i', s: '$.detail.s', o: '$.detail.o', none: '$.detail.none' }

  test.each([
    ['{"id":<i>,"s":<s>}', '{"id":7,"s":"RUN"}'],
    ['{"m":"<s>-<i>"}', '{"m":"RUN-7"}'],
    ['{"l":[9,<s>,true],"o":<o>}', '{"l":[9,"RUN",true],"o":{"a":1}}'],
    ['"state is <s>"', '"state is RUN"'],
    ['{"rule":<aws.events.rule-name>}', '{"rule":"paid"}'],
    ['{"a":"<aws.events.rule-arn>"}', `{"a":"${ruleArn}"}`],
    ['{"t":<aws.events.event.ingestion-time>}', '{"t":"2026-11-23T17:29:58Z"}'],
    ['"<none>"', '""'],
    ['{"n":<none>}', '{"n":""}'],
    ['"<o>"', '"{a:1}"'],
    [String.raw`"a \"<s>\""`, String.raw`"a \"RUN\""`],
    ['"1 < 5"', '"1 < 5"'],
  ])('%s', (template, text) => {
    expect(applied(published, { template, variables })).toBe(text)
  })

  test('can hold the whole event', () => {
    const text =
      applied(published, { template: '{"e":<aws.events.event>,"j":<aws.events.event.json>}' }) ?? ''
    const { e, j } = JSON.parse(text)
    expect(j).toMatchObject({ detail: published.data })
    expect({ ...e, detail: published.data }).toEqual(j)
  })

  test.each([
    ['{"a":<unknown>}', {}],
    ['{"a":<s>', variables],
    ['"<aws.events.event.json>"', {}],
    ['"x"', { 'AWS.x': '$.id' }],
    ['"x"', { x: '$..id' }],
  ])('%s is refused', (template, given) => {
    expect(() => compileTransform(spec({ template, variables: given }))).toThrow(
      expect.objectContaining({ code: 'transform.invalid' }),
    )
  })
})

interface Case {
  readonly id: string
  readonly eventText: string
  readonly aws: {
    readonly InputPath?: string
    readonly InputPathsMap?: Record<string, string>
    readonly InputTemplate?: string
    readonly body: unknown
  }
}
// A public suite that lies beside the checkout where it is developed; elsewhere these tests are left out.
const file = new URL('../../../../../../../shared/cases/transforms-localstack.json', import.meta.url)
const cases: Case[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : []

describe.skipIf(cases.length === 0)('public cases (left out where the shared cases are absent)', () => {
  test.each(cases)('$id', ({ eventText, aws }) => {
    const given = JSON.parse(eventText)
    const event = {
      specversion: '1.0',
      id: given.id,
      source: given.source,
      type: given['detail-type'],
      time: given.time,
      data: given.detail,
    }
    const text =
      aws.InputTemplate === undefined
        ? applied(event, { value: aws.InputPath ?? '$' })
        : applied(event, { template: aws.InputTemplate, variables: aws.InputPathsMap ?? {} })
    expect(typeof aws.body === 'string' ? text : JSON.parse(text ?? '')).toEqual(aws.body)
  })
})
