export { defaultInstallTimeoutMs, type RuntimeReport, RuntimeInstallations } from './installations.ts'
export {
  type RuntimeInfo,
  type RuntimeList,
  type RuntimeResolver,
  Runtimes,
  type RuntimesOptions,
} from './runtimes.ts'
