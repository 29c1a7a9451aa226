import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { readBlocks } from '../../tools/docs/index.ts'
import { repositoryRoot } from '../../tools/process/index.ts'
import { testLimitMs } from '../end-to-end/index.ts'
import { splitCommands } from './commands.ts'
import { PageTerminal } from './page-terminal.ts'

/** A rule that puts what is published into a topic, as whoever fills the topic of the page does. */
const feed = (bootstrap: string, topic: string): string => `buses:
  feed:
    rules:
      feed:
        pattern: {}
        targets:
          - id: topic
            sink: { connector: kafka, options: { bootstrap: "${bootstrap}", topic: "${topic}" } }
            transform: { form: JSONPATH, value: $.data }
`

await describeService('kafka', 'the page of streams with a broker', () => {
  test('five commands bring what lies in a topic to a function', { timeout: testLimitMs }, async () => {
    const kafka = await useService('kafka')
    const topic = `orders-${crypto.randomUUID()}`
    await kafka.createTopic(topic, 1)
    const page = await readFile(join(repositoryRoot, 'docs/guides/streams-quickstart.md'), 'utf8')
    const blocks = readBlocks(page)
    const code = blocks.find(({ file }) => file === 'bill.mjs')
    const [serve = '', ...commands] = splitCommands(
      blocks.find(({ text }) => text.includes('--bootstrap'))?.text ?? '',
    ).map(command =>
      command.replace('127.0.0.1:9092', kafka.address).replace('kafka:orders ', `kafka:${topic} `),
    )
    const logs = commands.pop() ?? ''
    const terminal = await PageTerminal.open()
    await terminal.write('bill.mjs', code?.text ?? '')
    await terminal.write('feed/millrace.config.yaml', feed(kafka.address, topic))
    await terminal.serve(serve)

    for (const command of [
      'npx millrace apply feed',
      `npx millrace send feed '{"order":"o-7"}' --type order.paid`,
      ...commands,
    ]) {
      expect(await terminal.type(command), command).toMatchObject({ status: 0 })
    }

    const shown = await terminal.watch(logs, text => text.includes('o-7'))
    expect(shown.text).toContain(`${topic}: {"order":"o-7"}`)
  })
})
