import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Go functions: executables that ask the runtime API of function-compute section 4.12 for their events. */
export const runtime = defineRuntime({ language: 'go', detect })
