import { isBase64 } from '@millrace/cloudevents'
import type { FunctionSpec } from '../../../resources/index.ts'
import type { Services } from '../../services.ts'
import type { Call } from '../call.ts'
import { answered, headerOf, type Handler } from '../call.ts'
import type { CodeInput, ShownFunction } from '../model/index.ts'
import type { FcParts } from '../parts.ts'
import { invalidArgument, notOffered } from '../refusal.ts'
import type { SubjectOf } from '../subject.ts'

/**
 * Keeps the code that a definition or a layer brings; `undefined` when it brings none. Refuses code in a storage of the
 * cloud, and a checksum, by member or by header, that is not that of the code.
 */
export async function uploadedCode(
  { functions }: Services,
  call: Pick<Call, 'headers'>,
  input: CodeInput | undefined,
): Promise<string | undefined> {
  const { zipFile, ossBucketName = '', ossObjectName = '', checksum } = input ?? {}
  if (ossBucketName !== '' || ossObjectName !== '') {
    throw notOffered('code from a bucket; send the zip itself, in base64, as zipFile')
  }
  if (zipFile === undefined || zipFile === '') return undefined
  if (!isBase64(zipFile)) throw invalidArgument('code.zipFile is not base64')
  const name = await functions.uploadZip(Buffer.from(zipFile, 'base64'))
  const seen = (await functions.codeInfo(name)).checksum
  const expected = nonEmpty(checksum) ?? nonEmpty(headerOf(call, 'x-fc-code-checksum'))
  if (expected === undefined || expected === seen) return name
  throw invalidArgument(`the checksum of the code is ${seen}, not ${expected.slice(0, 64)}`)
}

/** A form of a function with what its code is; one whose code is in an image has none here. */
export async function shownFunction(
  { functions }: Services,
  spec: FunctionSpec,
  times: Pick<ShownFunction, 'createdAtMs' | 'updatedAtMs'>,
): Promise<ShownFunction> {
  const { createdAtMs, updatedAtMs } = times
  const { bytes, checksum } =
    spec.code === '' ? { bytes: 0, checksum: '' } : await functions.codeInfo(spec.code)
  return { spec, createdAtMs, updatedAtMs, codeBytes: bytes, codeChecksum: checksum }
}

/** `GetFunctionCode`: a link to the zip, and its checksum. */
export function codeHandler({ services, links }: FcParts, subjectOf: SubjectOf): Handler {
  return async call => {
    const { account, name, qualifier } = await subjectOf(call)
    const { code } = services.resources.functions.form(account, name, qualifier).spec
    if (code === '') throw invalidArgument(`the code of function '${name}' is in its image`)
    const { checksum } = await services.functions.codeInfo(code)
    return answered({ url: links.of(call.origin, code), checksum })
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
