import { expect, test } from 'vitest'
import { readBlocks } from '../../tools/docs/index.ts'
import { testLimitMs } from '../end-to-end/index.ts'
import { compileBlocks } from './code.ts'
import { dataJudge } from './data.ts'

const blockOf = (language: string, text: string) => {
  const [block] = readBlocks(`\`\`\`${language}\n${text}\n\`\`\`\n`)
  if (block === undefined) throw new Error('no block was read')
  return block
}

test('wirings, patterns and policies are known for what they are, and refused where they are wrong', {
  timeout: testLimitMs,
}, async () => {
  await using judge = await dataJudge()
  const judged = (language: string, text: string) => judge.judge(blockOf(language, text))

  expect(await judged('yaml', 'queues: { jobs: {} }')).toBe('wiring')
  await expect(judged('yaml', 'queues: { jobs: { visibiltyMs: 1 } }')).rejects.toThrow('/queues/jobs')
  await expect(judged('yaml', 'queues: {')).rejects.toThrow()

  expect(await judged('json', '{ "type": ["a"] }\n{ "data": { "b": [{ "exists": true }] } }')).toBe('pattern')
  await expect(judged('json', '{ "data": { "b": [{ "exits": true }] } }')).rejects.toThrow('exits')

  const policy = (effect: string) =>
    `{ "Version": "1", "Statement": [{ "Effect": "${effect}", "Action": "fc:*", "Resource": "*" }] }`
  expect(await judged('json', policy('Allow'))).toBe('policy')
  await expect(judged('json', policy('Permit'))).rejects.toThrow('Statement[0].Effect')

  expect(await judged('json', '{ "batchItemFailures": [] }')).toBe('data')
  await expect(judged('json', '{ "a": 1, }')).rejects.toThrow()
})

test('code that names what is not there does not compile, and its line on the page is told', {
  timeout: testLimitMs,
}, async () => {
  const misspelt = blockOf('js', "import { PutEvents } from '@aws-sdk/client-eventbridge'\n\nnew PutEvent()")

  const said = await compileBlocks([{ page: 'docs/a.md', block: misspelt }])

  expect(said).toEqual([
    expect.stringMatching(/^docs\/a\.md:2: .*PutEvents/),
    expect.stringMatching(/^docs\/a\.md:4: .*PutEvent'/),
  ])
})
