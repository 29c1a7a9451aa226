import { createVerify, X509Certificate } from 'node:crypto'
import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@millrace/spi'
import { expect, test } from 'vitest'
import { PushIdentity, pushIdentityFileName } from './push-identity.ts'

test('signs so that whoever has the certificate can check it, before and after a restart', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-push-'))
  const first = new PushIdentity(folder.path, systemClock)
  expect(first.certificate).toBeUndefined()
  await Promise.all([first.prepare(), first.prepare()])
  const next = new PushIdentity(folder.path, systemClock)
  await next.prepare()

  expect(next.certificate).toBe(first.certificate)
  const certificate = new X509Certificate(first.certificate ?? '')
  expect(certificate.subject).toBe('CN=millrace')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.checkIssued(certificate)).toBe(true)
  expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBeGreaterThan(86_400_000)
  const verify = createVerify('sha1').update('a text')
  expect(verify.verify(certificate.publicKey, next.sign('a text'), 'base64')).toBe(true)
  expect((await stat(join(folder.path, pushIdentityFileName))).mode & 0o777).toBe(0o600)
})
