import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { startExampleServer } from '../../testing.ts'
import { StandInCluster } from '../cluster.ts'
import { realStorage } from '../real.ts'
import { run } from '../run.ts'

await describeService('versitygw', 'videos in a bucket', () => {
  test('scale a deployment over TLS, whoever else scales it, and each is reported once', async () => {
    await using server = await startExampleServer()
    const folder = await mkdtemp(join(tmpdir(), 'millrace-cluster-'))
    const tls = await certificate(folder)
    await using cluster = await StandInCluster.start({ token: 'service-account', podsMax: 6, podMs: 50, tls })
    const signal = AbortSignal.timeout(50_000)
    await using storage = await realStorage(server.client, signal)
    const settings = { ...storage.settings, CLUSTER_AUTHORITY: tls.cert }

    const { headline } = await run(
      { server, folder, signal, say: () => {} },
      { ...storage, settings },
      cluster,
    )

    expect(headline).toBe(
      '7 uploads: 2 enough, 2 scaled, 1 stuck, 1 failed, 1 passed over; ' +
        'available pods 1 → 2 → 3 → 4 → 5 → 6; 1 conflict with another writer, 0 replicas taken back',
    )
    expect(cluster.answers[401]).toBe(2)
    await rm(folder, { recursive: true })
  })
})

async function certificate(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
}
