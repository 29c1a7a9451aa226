import { hash } from 'node:crypto'
import {
  acs3Scheme,
  acsSignatureScheme,
  createAwsSigV4Verifier,
  createMnsVerifier,
  fcNativeScheme,
  isPrincipal,
} from '@millrace/server/engine'
import { AppError, systemClock } from '@millrace/spi'
import {
  acs3Request,
  acsRequest,
  awsRequest,
  credential,
  fcRequest,
  mnsRequest,
  type SignedRequest,
} from './requests.ts'

/** One scheme: how its clients sign, and what a server does before it believes a request, the body included. */
export interface Judge {
  readonly name: string
  sign(nowMs: number, body: Buffer): SignedRequest
  /** Whether the request is what its signature says. */
  accepts(request: SignedRequest): boolean
}

/** Every scheme of the compatible interfaces, with the verifier of the server behind it. */
export function createJudges(): Judge[] {
  const options = { credentials: [credential], clock: systemClock }
  const acs = acsSignatureScheme({ ...options, pathPrefix: '/openapi/' })
  const acs3 = acs3Scheme({ ...options, pathPrefixes: ['/2023-03-30/'] })
  const fc = fcNativeScheme({ ...options, pathPrefixes: ['/2016-08-15/'] })
  const mns = createMnsVerifier(options)
  const aws = createAwsSigV4Verifier({ ...options, services: ['events'] })
  return [
    {
      name: 'EventBridge, HMAC-SHA1',
      sign: acsRequest,
      accepts: ({ headers, method, url }) =>
        acs.claims(headers, method, url) && isPrincipal(acs.authenticate(headers, method, url)),
    },
    {
      name: 'ACS3-HMAC-SHA256 and the SHA-256 of the body',
      sign: acs3Request,
      accepts: ({ headers, method, url, body }) => {
        const verdict = acs3.claims(headers, method, url)
          ? acs3.authenticate(headers, method, url)
          : undefined
        if (verdict === undefined || verdict instanceof AppError) return false
        return verdict.contentSha256 === hash('sha256', body)
      },
    },
    {
      name: 'FC, HMAC-SHA256 and the MD5 of the body',
      sign: fcRequest,
      accepts: ({ headers, method, url, body }) =>
        fc.claims(headers, method, url) &&
        isPrincipal(fc.authenticate(headers, method, url)) &&
        headers['content-md5'] === hash('md5', body),
    },
    {
      name: 'MNS, HMAC-SHA1 and the MD5 of the body',
      sign: mnsRequest,
      accepts: ({ headers, method, url, body }) =>
        isPrincipal(mns.verify(headers, method, url)) &&
        headers['content-md5'] === Buffer.from(hash('md5', body)).toString('base64'),
    },
    {
      name: 'AWS Signature Version 4 with the SHA-256 of the body',
      sign: awsRequest,
      accepts: ({ headers, method, url, body }) => {
        const head = aws.head(headers, method, url)
        return !(head instanceof AppError) && isPrincipal(head.verify(body))
      },
    },
  ]
}
