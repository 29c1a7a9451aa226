import { isBase64 } from '@millrace/cloudevents'
import { AppError, retryNever } from '@millrace/spi'
import { Type } from 'typebox'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { requestCheck } from '../validation.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const zipMediaType = 'application/zip'

const CodeBody = Type.Object(
  {
    files: Type.Record(Type.String(), Type.String(), {
      description: 'Path inside the package, with `/` between folders → content in base64.',
    }),
  },
  { additionalProperties: false },
)

const CodeParams = Type.Object({
  code: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Name of a code package.' }),
})

/**
 * `POST /code`: keeps a code package, as a zip or file by file, and answers the name by which functions refer to it.
 * `GET /code/{code}`: the zip. The name is made of the content and cannot be guessed: who has it may read the code.
 */
export function codeRoutes(app: Application, services: Services, limits: HttpLimits): void {
  const { functions } = services
  const checkBody = requestCheck(CodeBody, 'body')
  app.register((scope, _options, done) => {
    scope.addContentTypeParser(zipMediaType, { parseAs: 'buffer' }, (_request, body, parsed) =>
      parsed(null, body),
    )
    scope.post(
      '/code',
      {
        schema: uploadCode,
        bodyLimit: limits.codeBytesMax,
        config: { accepts: [zipMediaType, 'application/json'] },
      },
      async (request, reply) => {
        const { body } = request
        const code = Buffer.isBuffer(body)
          ? await functions.uploadZip(body)
          : await functions.uploadCode(filesOf(checked(checkBody, body)))
        return reply.code(201).send({ code, ...(await functions.codeInfo(code)) })
      },
    )
    done()
  })
  app.get<{ Params: { code: string } }>('/code/:code', { schema: getCode }, async (request, reply) => {
    try {
      return await reply.type(zipMediaType).send(Buffer.from(await functions.codeZip(request.params.code)))
    } catch (thrown) {
      throw missing(thrown)
    }
  })
}

type Files = Readonly<Record<string, string>>

function checked(check: ReturnType<typeof requestCheck>, body: unknown): Files {
  const result = check(body)
  if ('error' in result) throw result.error
  return (result.value as { files: Files }).files
}

function filesOf(encoded: Files): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  for (const [path, text] of Object.entries(encoded)) {
    if (!isBase64(text)) throw notBase64(path)
    files.set(path, Buffer.from(text, 'base64'))
  }
  return files
}

function notBase64(path: string): AppError {
  return new AppError('http.invalid-request', 'the content of a file is not base64', retryNever, {
    details: { path: `body.files.${path}` },
  })
}

/** To who sends its name in a definition, missing code is a fault of the definition; here it is the thing itself. */
function missing(thrown: unknown): unknown {
  if (!(thrown instanceof AppError) || thrown.code !== 'function.code-not-found') return thrown
  return new AppError('resource.not-found', thrown.message, retryNever)
}

const uploadCode = {
  ...operation({
    id: 'uploadCode',
    access: needs('millrace:UploadCode', 'code/*'),
    tag: 'functions',
    summary: 'Uploads a code package. The same bytes, or the same files, always have the same name.',
    description:
      'A zip is checked entry by entry and kept as it is; the answer to a refused one names the entry and the reason. Modes of Unix and symbolic links inside the package are kept.',
    answers: {
      201: {
        description: 'It is kept.',
        schema: Type.Object({
          code: Type.String({ description: 'For the `code` of a function or a layer.' }),
          bytes: Type.Integer({ description: 'Of the zip.' }),
          checksum: Type.String({ description: 'CRC-64/ECMA-182 of the zip, as a decimal number.' }),
          files: Type.Integer(),
          unpackedBytes: Type.Integer(),
        }),
      },
    },
    refusals: {
      400: ['http.invalid-request', 'function.code-invalid'],
      413: ['http.body-too-large'],
      415: ['http.unsupported-media-type'],
      507: ['storage.full'],
    },
  }),
  'x-millrace-body': {
    [zipMediaType]: Type.Unknown({ description: 'The bytes of the zip.' }),
    'application/json': CodeBody,
  },
}

const getCode = operation({
  id: 'getCode',
  access: needs('millrace:GetCode', 'code/:code'),
  tag: 'functions',
  summary: 'Reads a code package as a zip.',
  params: CodeParams,
  answers: { 200: { description: 'The zip.', schema: Type.Unknown(), mediaType: zipMediaType } },
  refusals: { 404: ['resource.not-found'] },
})
