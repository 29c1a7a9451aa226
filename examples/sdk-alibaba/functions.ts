import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import functionCompute from '@alicloud/fc20230330'
import { ZipFile } from 'yazl'
import { call, type Clients, type UntypedClient, unlessThere } from './clients.ts'

const {
  CreateFunctionInput,
  CreateFunctionRequest,
  Destination,
  DestinationConfig,
  InputCodeLocation,
  InvokeFunctionHeaders,
  InvokeFunctionRequest,
  PutAsyncInvokeConfigInput,
  PutAsyncInvokeConfigRequest,
} = functionCompute

type Client = Clients['functionCompute']

/** The Node.js that this program runs on is surely installed where the server runs. */
const runtime = `nodejs${process.versions.node.split('.', 1)[0]}`

/** The code of a function as both generations take it: a zip in base64. */
export async function zipOf(folder: string): Promise<string> {
  const zip = new ZipFile()
  zip.addBuffer(await readFile(join(folder, 'index.mjs')), 'index.mjs')
  zip.end()
  return (await buffer(zip.outputStream)).toString('base64')
}

/** Deploys a function with the client of version 3.0. */
export function deploy(client: Client, functionName: string, zipFile: string): Promise<'made' | 'was there'> {
  const code = new InputCodeLocation({ zipFile })
  const body = new CreateFunctionInput({ functionName, runtime, handler: 'index.handler', timeout: 10, code })
  return unlessThere(client.createFunction(new CreateFunctionRequest({ body })), 'FunctionAlreadyExists')
}

/** What asynchronous calls of the function give goes to a queue. */
export async function sendResultsTo(client: Client, functionName: string, queueArn: string): Promise<void> {
  const onSuccess = new Destination({ destination: queueArn })
  const destinationConfig = new DestinationConfig({ onSuccess })
  const body = new PutAsyncInvokeConfigInput({ maxAsyncRetryAttempts: 1, destinationConfig })
  await client.putAsyncInvokeConfig(functionName, new PutAsyncInvokeConfigRequest({ body }))
}

/** Asks for a call; resolves as soon as the server has it on disk, with the status: 202. */
export async function callLater(
  client: Client,
  functionName: string,
  payload: unknown,
): Promise<number | undefined> {
  const request = new InvokeFunctionRequest({ body: Readable.from([Buffer.from(JSON.stringify(payload))]) })
  const headers = new InvokeFunctionHeaders({ xFcInvocationType: 'Async' })
  const { statusCode } = await client.invokeFunctionWithOptions(functionName, request, headers, {} as never)
  return statusCode
}

/** Deploys the same code as an older program does, in a service of version 2.0. */
export async function deployInService(
  client: UntypedClient,
  service: string,
  functionName: string,
  zipFile: string,
): Promise<'made' | 'was there'> {
  await unlessThere(call(client, 'createService', service), 'ServiceAlreadyExists')
  const definition = { functionName, runtime, handler: 'index.handler', timeout: 10, code: { zipFile } }
  return await unlessThere(call(client, 'createFunction', service, definition), 'FunctionAlreadyExists')
}
