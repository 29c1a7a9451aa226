import { execFile } from 'node:child_process'
import { cp, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { runtime } from '@millrace/runtime-java'
import { expect, test } from 'vitest'
import { repositoryRoot } from '../../../tools/process/index.ts'
import { firstEvent, logTexts, startExampleServer } from '../../testing.ts'

const run = promisify(execFile)
const searchPath = process.env['PATH'] ?? ''
const [java] = await runtime.detect({ searchPath }, new AbortController().signal)
const skipped = java === undefined ? ' (needs javac: it compiles the function)' : ''

test.skipIf(java === undefined)(
  `a parcel is priced by the handler in Java, and one without weight reaches the dead letters${skipped}`,
  async () => {
    const example = join(import.meta.dirname, '..')
    const javac = join(dirname(java?.launch({ memoryMiB: 256 }).command ?? ''), 'javac')
    const interfaces = join(repositoryRoot, 'runtimes/java/bootstrap/compat')
    await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-fn-java-'))
    await cp(join(example, 'millrace.config.yaml'), join(folder.path, 'millrace.config.yaml'))
    const build = join(folder.path, 'functions/postage/build')
    const source = join(example, 'functions/postage/example/Postage.java')
    await run(javac, ['-sourcepath', interfaces, '-implicit:none', '-d', build, source])

    await using server = await startExampleServer()
    await server.millrace('apply', folder.path)
    const { client } = server
    const posted = (data: unknown) => ({ source: '/counter', type: 'parcel.posted', data })
    await client.events.publish('parcels', posted({ id: 'p1', grams: 500 }))
    await expect
      .poll(() => logTexts(client, 'postage'), { timeout: 30_000 })
      .toContainEqual(expect.stringContaining('parcel p1 costs 230 cents'))
    const answer = await server.millrace('fn', 'invoke', 'postage', '--event', '{"id":"p2","grams":20}')
    expect(answer).toContain('182')

    await client.events.publish('parcels', posted({ id: 'p3', grams: 0 }))
    expect(await firstEvent(client, 'returned')).toMatchObject({ data: { id: 'p3' } })
  },
  120_000,
)
