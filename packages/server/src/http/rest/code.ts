import { isBase64 } from '@millrace/cloudevents'
import { AppError, retryNever } from '@millrace/spi'
import { Type } from 'typebox'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { operation } from './operation.ts'

const CodeBody = Type.Object(
  {
    files: Type.Record(Type.String(), Type.String(), {
      description: 'Path inside the package, with `/` between folders → content in base64.',
    }),
  },
  { additionalProperties: false },
)

/** `POST /code`: keeps a code package and answers the name by which functions refer to it. */
export function codeRoutes(app: Application, services: Services, limits: HttpLimits): void {
  app.post('/code', { schema: uploadCode, bodyLimit: limits.codeBytesMax }, async (request, reply) => {
    const files = new Map<string, Uint8Array>()
    for (const [path, text] of Object.entries(request.body.files)) {
      if (!isBase64(text)) throw notBase64(path)
      files.set(path, Buffer.from(text, 'base64'))
    }
    return reply.code(201).send({ code: await services.functions.uploadCode(files) })
  })
}

function notBase64(path: string): AppError {
  return new AppError('http.invalid-request', 'the content of a file is not base64', retryNever, {
    details: { path: `body.files.${path}` },
  })
}

const uploadCode = operation({
  id: 'uploadCode',
  tag: 'functions',
  summary: 'Uploads a code package. The same files always have the same name.',
  body: CodeBody,
  answers: {
    201: {
      description: 'It is kept.',
      schema: Type.Object({ code: Type.String({ description: 'For the `code` of a function.' }) }),
    },
  },
  refusals: {
    400: ['http.invalid-request', 'function.code-invalid'],
    413: ['http.body-too-large'],
    507: ['storage.full'],
  },
})
