export * from './async/index.ts'
export { defaultCodeLimits } from './code/index.ts'
export { functionErrorCatalogue } from './errors.ts'
export { failureBody, failureError, type FailureType, type FunctionFailure } from './failure.ts'
export * from './functions.ts'
export * from './http/index.ts'
export { newRequestId } from './invoke/index.ts'
export type { AnswerStream, InvocationResult, InvokeOptions, Metering } from './invoke/index.ts'
export { payloadBytesMax } from './invoke/index.ts'
export type {
  InvocationEnding,
  InvocationIdentity,
  InvocationObserver,
  RequestRecord,
  Usage,
  UsageDay,
  UsageQuery,
} from './metering/index.ts'
export { noUsage, sumOfUsage } from './metering/index.ts'
export type { LogLine, LogQuery } from './logs/index.ts'
export { defaultPoolsLimits, type InstanceState, type InstanceStatus } from './pool/index.ts'
export { checkScaling, type ScalingStatus } from './scaling/index.ts'
export type { RuntimeInfo, RuntimeList, RuntimeReport, RuntimeResolver } from './runtimes/index.ts'
export {
  chooseSandbox,
  processSandbox,
  type Sandbox,
  type SandboxChoice,
  sandboxChoices,
} from './sandbox/index.ts'
