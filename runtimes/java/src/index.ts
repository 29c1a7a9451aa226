import { defineRuntime } from '@millrace/spi'
import { detect } from './detect.ts'

/** Java functions: stream and POJO handlers of function-compute section 4.10, from classes and jars. */
export const runtime = defineRuntime({ language: 'java', detect })
