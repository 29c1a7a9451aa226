import type { InstalledRuntime, LaunchLimits } from '@millrace/spi'
import type { FunctionSpec } from '../../resources/index.ts'
import type { SandboxLimits } from '../sandbox/index.ts'

/** What is fixed when a process starts: a process of one shape can serve any function of that shape. */
export interface Shape {
  /** Equal for equal shapes. */
  readonly key: string
  readonly runtime: InstalledRuntime
  readonly launch: LaunchLimits
  readonly limits: SandboxLimits
}

export function shapeOf(spec: FunctionSpec, runtime: InstalledRuntime): Shape {
  const { memoryMiB, cpu, diskMiB, network } = spec
  const image = spec.server?.image
  const limits = { memoryMiB, cpu, diskMiB, network }
  return {
    key: JSON.stringify([runtime.name, runtime.version, memoryMiB, cpu, diskMiB, network, image ?? '']),
    runtime,
    launch: image === undefined ? { memoryMiB, cpu } : { memoryMiB, cpu, image },
    limits,
  }
}
